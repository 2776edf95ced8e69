// Tampers with the vectors in many ways and expects each to be noticed, with its code and at its entry.
import { readFile } from "node:fs/promises";
import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { digest, equal, hex, join, unhex, uuid } from "./bytes.mjs";
import { chunk, encodeChange, readChange } from "./change.mjs";
import { edit, flip, Forge } from "./forge.mjs";
import { checkTranscript } from "./transcript.mjs";
import { checkVectors } from "./vectors.mjs";

const path = process.argv[2];
if (!path) {
    console.error("usage: node tamper.mjs VECTORS");
    process.exit(2);
}
const file = JSON.parse(await readFile(path, "utf8"));

// The devices of the vectors: requester, second requester, expert, second expert.
const [requester, colleague, expert] = file.devices;
const hashOf = (device) => unhex(device.certificate_hash);
const id = (text) => unhex(uuid(text));
const keyOf = (seed) => ed25519.getPublicKey(unhex(seed));
const flipField = (key, at) => (map) => map.set(key, flip(map.get(key), at));
const set = (key, value) => (map) => map.set(key, value);
const all =
    (...changes) =>
    (map) =>
        changes.forEach((change) => change(map));
const inEpoch = (number, revision) =>
    all(set(6, revision), set(7, number), set(8, unhex(file.epochs[number - 1].record_hash)));

const later = (map) => map.set(3, map.get(3) + 1);
const last = file.entries.length;

// The change of a message with other fields, and with other content of its chunk.
const changed = (fields) => (inner) => {
    const change = readChange(inner.get(4));
    inner.set(4, encodeChange({ ...change, ...fields(change) }).bytes);
};
const rechunked = (replace) => (inner) => {
    const bytes = inner.get(4);
    const start = bytes.length - 11 > 127 ? 11 : 10;
    inner.set(4, chunk(unhex(replace(hex(bytes.subarray(start))))).bytes);
};
const withPredecessor = (content) =>
    content.replace(/06(15..3401420256..57..)7002/, "08$1700271027302").replace(/7f00$/, "7f017f007f01");

const little = (bytes) => BigInt(`0x${hex(bytes.slice().reverse())}`);
const littleBytes = (number) => unhex(number.toString(16).padStart(64, "0")).reverse();
const { Point } = ed25519;
const order = Point.Fn.ORDER;

// Valid only for those who multiply by the cofactor.
function signWithTorsion(message, seed) {
    const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
    const r = little(sha512(join(seed, message))) % order;
    const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1]);
    const encoded = Point.BASE.multiply(r).add(torsion).toBytes();
    const k = little(sha512(join(encoded, pointBytes, message))) % order;
    return join(encoded, littleBytes((r + k * scalar) % order));
}

function signMalleably(message, seed) {
    const signature = ed25519.sign(message, seed);
    return join(signature.subarray(0, 32), littleBytes(little(signature.subarray(32)) + order));
}

function swap(forge, one, other) {
    const [a, b] = [forge.wire(one), forge.wire(other)];
    return forge.replace(one, b).replace(other, a);
}

function swapWraps(forge, seq) {
    const exchange = (a, b, key) => {
        const kept = a.get(key);
        a.set(key, b.get(key));
        b.set(key, kept);
    };
    const record = (map) => exchange(...map.get(9), 2);
    return forge.epoch(seq, record, (wraps) => exchange(...wraps, 1));
}

function flipWrap(forge, seq) {
    const [wrap] = forge.wraps(seq);
    const sealed = flip(wrap.get(1), 1130);
    const isIts = (recipient) => equal(recipient.get(0), wrap.get(0));
    const record = (map) =>
        map
            .get(9)
            .find(isIts)
            .set(2, unhex(digest(sealed)));
    return forge.epoch(seq, record, (wraps) => wraps[0].set(1, sealed));
}

function transcript(forge, change = () => {}) {
    const export_ = forge.transcript();
    change(export_);
    return export_;
}

// The export of somebody who did not open the first message. What was forged is opened as it is now.
function withoutFirst(forge, seq, parts) {
    const padded = forge.message(seq, parts).padded(seq);
    return transcript(forge, (export_) => {
        export_.opened.shift();
        export_.opened.find((message) => message.seq === seq).padded = hex(padded);
    });
}

// What an inner says that was written anew, after entries before it were changed.
const seen = (forge, seq) => set(2, unhex(forge.before(seq).head));

// Two documents of the same readers with these numbers. The message of the first is not opened, that of the second is.
function documents(forge, closed, opened) {
    const alone = changed(() => ({ startOp: 1, deps: [] }));
    forge.message(20, { header: set(3, closed) });
    forge.message(21, { header: set(3, opened), inner: all(seen(forge, 21), alone) });
    forge.message(27, { inner: seen(forge, 27) });
    return transcript(forge, (export_) => {
        export_.opened = export_.opened.filter(({ seq }) => seq !== 20);
        for (const message of export_.opened.filter(({ seq }) => seq > 20)) {
            message.padded = hex(forge.padded(message.seq));
        }
        export_.head.hash = forge.before(last + 1).head;
    });
}

function exchange(one, other, ...fields) {
    for (const field of fields) [one[field], other[field]] = [other[field], one[field]];
}

const nobody = "00000000-0000-0000-0000-000000000000";

// Name, code, entry, and what makes the false file.
const cases = [
    ["ciphertext, a bit", "chat_bad_signature", 6, (f) => f.envelope(6, flipField(3))],
    [
        "ciphertext, a bit, signed again",
        "chat_undecryptable",
        6,
        (f) => f.message(6, { sealed: (text) => flip(text) }),
    ],
    ["nonce, a bit", "chat_bad_signature", 6, (f) => f.envelope(6, flipField(2))],
    ["commitment, a bit", "chat_bad_signature", 6, (f) => f.envelope(6, flipField(1))],
    [
        "commitment to another text",
        "chat_wrong_commitment",
        6,
        (f) => f.message(6, { committed: (text) => flip(text) }),
    ],
    ["signature of an envelope, a bit", "chat_bad_signature", 6, (f) => f.envelope(6, flipField(5))],
    [
        "signature with a point of small order added",
        "chat_bad_signature",
        6,
        (f) => f.message(6, { sign: signWithTorsion }),
    ],
    [
        "signature with s above the order",
        "chat_bad_signature",
        6,
        (f) => f.message(6, { sign: signMalleably }),
    ],
    [
        "header, a bit",
        "chat_bad_signature",
        6,
        (f) => f.envelope(6, (map) => map.set(0, edit(map.get(0), set(2, 1)))),
    ],
    ["text and its hash", "chat_malformed", 6, (f) => f.envelope(6, (map) => map.set(4, map.get(1)))],
    ["envelope of another case", "chat_other_case", 6, (f) => f.message(6, { header: flipField(1) })],
    [
        "envelope of an unknown device",
        "chat_unknown_certificate",
        9,
        (f) => f.envelope(9, (map) => map.set(0, edit(map.get(0), set(4, id(colleague.device_id))))),
    ],
    [
        "other padding",
        "chat_wrong_padding",
        6,
        (f) => f.message(6, { padded: (text) => join(text, new Uint8Array(128)) }),
    ],
    [
        "no padding byte",
        "chat_wrong_padding",
        6,
        (f) => f.message(6, { padded: (text) => text.map((b) => (b === 128 ? 1 : b)) }),
    ],
    ["inner with another field", "chat_malformed", 6, (f) => f.message(6, { inner: set(5, 0) })],
    ["another head seen", "chat_log_forked", 9, (f) => f.message(9, { inner: flipField(2) })],
    ["a device's slot again", "chat_replayed", 10, (f) => f.message(10, { header: set(5, 1) })],
    ["a device's slot left out", "chat_sequence_gap", 10, (f) => f.message(10, { header: set(5, 3) })],
    ["envelope dropped, entries renumbered", "chat_sequence_gap", 9, (f) => f.drop(9).renumber()],
    [
        "envelope for a burnt slot",
        "chat_refused_slot_filled",
        20,
        (f) => f.message(20, { header: set(5, 6) }),
    ],
    [
        "refused slot with a text",
        "chat_refused_slot_filled",
        18,
        (f) =>
            f.plain(18, (payload) =>
                edit(
                    payload,
                    all(set(2, new Uint8Array(24)), set(3, new Uint8Array(9)), (map) => map.delete(4)),
                ),
            ),
    ],
    [
        "envelope of an older epoch",
        "chat_epoch_not_admitted",
        20,
        (f) => f.message(20, { header: inEpoch(2, 3) }),
    ],
    [
        "envelope of a removed expert",
        "chat_not_a_member",
        27,
        (f) => f.message(27, { header: all(set(4, id(expert.device_id)), set(5, 8)) }),
    ],
    [
        "document from before a reader came",
        "chat_segment_closed",
        20,
        (f) => f.message(20, { header: set(2, 2) }),
    ],
    [
        "document of a revision to come",
        "chat_segment_closed",
        20,
        (f) => f.message(20, { header: set(2, 5) }),
    ],
    [
        "expert not admitted",
        "chat_expert_not_admitted",
        7,
        (f) =>
            f
                .message(9, { header: inEpoch(1, 2) })
                .drop(7)
                .drop(8)
                .renumber(),
    ],

    [
        "edit by somebody else",
        "chat_forbidden_change",
        11,
        (f) => f.message(11, { inner: changed(({ key }) => ({ key: key.replace("x/", "e/") })) }),
    ],
    [
        "reaction to nothing",
        "chat_forbidden_change",
        11,
        (f) =>
            f.message(11, {
                inner: changed(({ key }) => ({ key: key.replace(/^x.{25}/, `x/${"0".repeat(24)}`) })),
            }),
    ],
    [
        "stamp of another time",
        "chat_forbidden_change",
        6,
        (f) => f.message(6, { inner: (map) => map.set(0, map.get(0) + 1) }),
    ],
    [
        "key of no kind",
        "chat_forbidden_change",
        6,
        (f) => f.message(6, { inner: changed(({ key }) => ({ key: key.replace("m/", "n/") })) }),
    ],
    [
        "text that is none",
        "chat_forbidden_change",
        6,
        (f) => f.message(6, { inner: changed(() => ({ value: unhex("a10060") })) }),
    ],
    [
        "text that ends with a space",
        "chat_forbidden_change",
        6,
        (f) => f.message(6, { inner: changed(() => ({ value: unhex("a100626120") })) }),
    ],
    [
        "text with a control character",
        "chat_forbidden_change",
        6,
        (f) => f.message(6, { inner: changed(() => ({ value: unhex("a10063611b61") })) }),
    ],
    ["document left out", "chat_forbidden_change", 6, (f) => f.message(6, { header: set(3, 2) })],
    [
        "change of another actor",
        "chat_forbidden_change",
        6,
        (f) => f.message(6, { inner: changed(() => ({ actor: uuid(requester.device_id) })) }),
    ],
    [
        "change out of order",
        "chat_forbidden_change",
        10,
        (f) => f.message(10, { inner: changed(() => ({ seq: 3 })) }),
    ],
    [
        "change with a start_op ahead",
        "chat_forbidden_change",
        10,
        (f) => f.message(10, { inner: changed(() => ({ startOp: 9 })) }),
    ],
    [
        "change on an unknown one",
        "chat_forbidden_change",
        10,
        (f) => f.message(10, { inner: changed(() => ({ deps: ["00".repeat(32)] })) }),
    ],
    [
        "change with a predecessor",
        "chat_forbidden_change",
        10,
        (f) => f.message(10, { inner: rechunked(withPredecessor) }),
    ],
    [
        "change with extra bytes",
        "chat_forbidden_change",
        10,
        (f) => f.message(10, { inner: rechunked((content) => `${content}00`) }),
    ],
    [
        "change with a false checksum",
        "chat_forbidden_change",
        10,
        (f) => f.message(10, { inner: (map) => map.set(4, flip(map.get(4), 5)) }),
    ],

    ["entries swapped", "chat_log_gap", 9, (f) => swap(f, 9, 10)],
    ["entry dropped", "chat_log_gap", 10, (f) => f.drop(9)],
    ["entry again", "chat_replayed", 10, (f) => f.replace(10, f.wire(9))],
    ["entry with another time", "mismatch", 12, (f) => f.entry(12, later)],
    ["entry with a byte behind it", "chat_malformed", 6, (f) => f.replace(6, join(f.wire(6), "00"))],
    [
        "number not in its shortest form",
        "chat_malformed",
        6,
        (f) => f.replace(6, unhex(hex(f.wire(6)).replace(/^a500010106/, "a50001011806"))),
    ],
    ["entry with another field", "chat_malformed", 6, (f) => f.entry(6, set(5, 0))],
    ["entry of another kind", "chat_malformed", 6, (f) => f.entry(6, set(2, 7))],
    ["entry of another version", "chat_unknown_version", 6, (f) => f.entry(6, set(0, 2))],

    ["certificate, a bit of its signature", "chat_bad_signature", 3, (f) => f.envelope(3, flipField(1))],
    [
        "certificate of a member with another identity",
        "chat_identity_changed",
        16,
        (f) => f.certificate(16, colleague.identity_seed, set(1, id(requester.user_id))),
    ],
    [
        "second certificate of a device",
        "chat_replayed",
        16,
        (f) => f.certificate(16, colleague.identity_seed, set(2, id(requester.device_id))),
    ],
    [
        "certificate without KEM keys",
        "chat_malformed",
        16,
        (f) => f.certificate(16, colleague.identity_seed, set(5, new Map())),
    ],

    ["row, a bit of its signature", "chat_bad_signature", 7, (f) => f.envelope(7, flipField(1))],
    ["row of another case", "chat_other_case", 7, (f) => f.row(7, requester, flipField(1))],
    ["row of an unknown signer", "chat_unknown_certificate", 7, (f) => f.row(7, requester, flipField(5))],
    ["row for another roster", "chat_roster_moved", 17, (f) => f.row(17, requester, flipField(6))],
    ["row that was applied before", "chat_roster_moved", 24, (f) => f.plain(24, () => f.payload(4))],
    ["expert admits himself", "chat_not_a_member", 7, (f) => f.row(7, expert, set(5, hashOf(expert)))],
    ["colleague founds again", "chat_not_a_member", 17, (f) => f.row(17, requester, set(2, 1))],
    [
        "admission of another identity",
        "chat_identity_changed",
        7,
        (f) => f.row(7, requester, set(4, keyOf(requester.identity_seed))),
    ],
    ["expert without an assignment", "chat_malformed", 4, (f) => f.row(4, expert, (map) => map.delete(7))],
    ["removal of a stranger", "chat_not_a_member", 22, (f) => f.envelope(22, flipField(2))],
    [
        "removal of an unknown device",
        "chat_unknown_certificate",
        22,
        (f) => f.envelope(22, set(3, new Uint8Array(16))),
    ],

    [
        "epoch, a bit of its signature",
        "chat_bad_signature",
        8,
        (f) => f.envelope(8, (map) => map.set(0, edit(map.get(0), flipField(1)))),
    ],
    [
        "extra recipient",
        "chat_extra_recipient",
        8,
        (f) =>
            f.epoch(8, (map) =>
                map.get(9).push(
                    new Map([
                        [0, new Uint8Array(32).fill(255)],
                        [1, 0x20],
                        [2, hashOf(expert)],
                    ]),
                ),
            ),
    ],
    ["missing recipient", "chat_missing_recipient", 8, (f) => f.epoch(8, (map) => map.get(9).pop())],
    ["recipients in another order", "chat_malformed", 8, (f) => f.epoch(8, (map) => map.get(9).reverse())],
    ["weaker suite", "chat_weak_suite", 8, (f) => f.epoch(8, (map) => map.get(9)[0].set(1, 0x20))],
    ["epoch for another roster", "chat_roster_moved", 8, (f) => f.epoch(8, flipField(4))],
    ["epoch skipped", "chat_epoch_out_of_order", 8, (f) => f.epoch(8, set(2, 3))],
    ["epoch after another one", "chat_epoch_out_of_order", 8, (f) => f.epoch(8, flipField(7))],
    ["wrap, a bit", "chat_bad_wrap", 8, (f) => f.envelope(8, (map) => flipField(1)(map.get(1)[0]))],
    ["wrap, a bit, signed again", "chat_bad_wrap", 8, (f) => flipWrap(f, 8)],
    ["wraps exchanged, signed again", "chat_bad_wrap", 8, (f) => swapWraps(f, 8)],
    [
        "wrap for a stranger",
        "chat_extra_recipient",
        8,
        (f) =>
            f.epoch(
                8,
                () => {},
                (wraps) => {
                    wraps.push(
                        new Map([
                            [0, hashOf(colleague)],
                            [1, new Uint8Array(80)],
                        ]),
                    );
                    wraps.sort((one, other) => Buffer.compare(one.get(0), other.get(0)));
                },
            ),
    ],
    ["commitment to another key", "chat_bad_wrap", 8, (f) => f.epoch(8, flipField(6))],

    // The next message names the head that its sender had seen.
    ["transcript: entry with another time", "chat_log_forked", 13, (f) => transcript(f.entry(12, later))],
    [
        "transcript: last entry with another time",
        "chat_log_forked",
        last,
        (f) => transcript(f.entry(last, later)),
    ],
    ["transcript: end cut off", "chat_log_gap", last - 1, (f) => transcript(f, (t) => t.entries.pop())],
    [
        "transcript: another text",
        "chat_wrong_commitment",
        6,
        (f) => transcript(f, (t) => (t.opened[0].padded = hex(flip(unhex(t.opened[0].padded), 200)))),
    ],
    [
        "transcript: another franking key",
        "chat_wrong_commitment",
        6,
        (f) => transcript(f, (t) => (t.opened[0].franking_key = hex(flip(unhex(t.opened[0].franking_key))))),
    ],
    [
        "transcript: message of another entry",
        "chat_wrong_commitment",
        9,
        (f) => transcript(f, (t) => (t.opened[1] = { ...t.opened[0], seq: t.opened[1].seq })),
    ],
    [
        "transcript: edit by somebody else, and a text that is missing",
        "chat_forbidden_change",
        11,
        (f) => withoutFirst(f, 11, { inner: changed(({ key }) => ({ key: key.replace("x/", "e/") })) }),
    ],
    [
        "transcript: texts exchanged",
        "chat_wrong_commitment",
        6,
        (f) => transcript(f, (t) => exchange(t.opened[0], t.opened[1], "padded")),
    ],
    [
        "transcript: franking keys exchanged",
        "chat_wrong_commitment",
        6,
        (f) => transcript(f, (t) => exchange(t.opened[0], t.opened[1], "franking_key")),
    ],
    [
        "transcript: messages exchanged",
        "chat_wrong_commitment",
        6,
        (f) => transcript(f, (t) => exchange(t.opened[0], t.opened[1], "padded", "franking_key")),
    ],
    [
        "transcript: more padding",
        "chat_wrong_commitment",
        6,
        (f) => transcript(f, (t) => (t.opened[0].padded += "00".repeat(128))),
    ],
    ["transcript: entry left out", "chat_log_gap", 9, (f) => transcript(f, (t) => t.entries.splice(8, 1))],
    [
        "transcript: entry again",
        "chat_replayed",
        10,
        (f) => transcript(f, (t) => t.entries.splice(8, 0, t.entries[8])),
    ],
    [
        "transcript: entries exchanged",
        "chat_log_gap",
        9,
        (f) => transcript(f, (t) => t.entries.splice(8, 2, t.entries[9], t.entries[8])),
    ],
    [
        "transcript: entry, a bit of a signature",
        "chat_bad_signature",
        6,
        (f) => transcript(f.envelope(6, flipField(5))),
    ],
    [
        "transcript: hash instead of a text, a bit",
        "chat_bad_signature",
        6,
        (f) => transcript(f.envelope(6, all(withoutText, flipField(4)))),
    ],
    [
        "transcript: message for an entry that has none",
        "chat_malformed",
        5,
        (f) => transcript(f, (t) => (t.opened[0].seq = 5)),
    ],
    [
        "transcript: message for a refused slot",
        "chat_malformed",
        18,
        (f) => transcript(f, (t) => (t.opened[0].seq = 18)),
    ],
    [
        "transcript: message behind the end",
        "chat_log_gap",
        undefined,
        (f) => transcript(f, (t) => (t.opened[0].seq = last + 1)),
    ],
    [
        "transcript: message twice",
        "chat_malformed",
        undefined,
        (f) => transcript(f, (t) => t.opened.push(t.opened[0])),
    ],
    [
        "transcript: franking key cut short",
        "chat_malformed",
        undefined,
        (f) => transcript(f, (t) => (t.opened[0].franking_key = t.opened[0].franking_key.slice(2))),
    ],
    [
        "transcript: capital letters",
        "chat_malformed",
        undefined,
        (f) => transcript(f, (t) => (t.opened[0].padded = t.opened[0].padded.toUpperCase())),
    ],
    [
        "transcript: head with another hash",
        "chat_log_forked",
        last,
        (f) => transcript(f, (t) => (t.head.hash = file.entries[last - 2].head)),
    ],
    [
        "transcript: head of an earlier entry",
        "chat_log_gap",
        last,
        (f) => transcript(f, (t) => (t.head.seq -= 1)),
    ],
    ["transcript: another case", "chat_other_case", 2, (f) => transcript(f, (t) => (t.case_id = nobody))],
    [
        "transcript: another format",
        "chat_unknown_version",
        undefined,
        (f) => transcript(f, (t) => (t.format += "1")),
    ],
    [
        "transcript: participant twice",
        "chat_malformed",
        undefined,
        (f) => transcript(f, (t) => t.participants.push({ user_id: nobody }, { user_id: nobody })),
    ],
    [
        "transcript: a name that is no text",
        "chat_malformed",
        undefined,
        (f) => transcript(f, (t) => t.participants.push({ user_id: nobody, name: 7 })),
    ],
    ["transcript: no entries", "chat_malformed", undefined, (f) => transcript(f, (t) => delete t.entries)],
    ["transcript: document left out", "chat_forbidden_change", 21, (f) => documents(f, 0, 2)],
    [
        "transcript: document left out, and one far off",
        "chat_forbidden_change",
        21,
        (f) => documents(f, 7, 2),
    ],
];

// What must pass. Forged without a change, the entries are the same to the byte: faults above are not the forge's own.
const nothing = () => {};
const withoutText = (map) => {
    map.set(4, unhex(digest(map.get(2), map.get(3))));
    map.delete(2);
    map.delete(3);
};
const controls = [
    ["the vectors", (f) => f.file],
    [
        "forged without a change",
        (f) =>
            f
                .message(6, {})
                .message(21, {})
                .row(7, requester, nothing)
                .epoch(8, nothing)
                .certificate(16, colleague.identity_seed, nothing),
    ],
    ["the transcript", (f) => transcript(f)],
    ["a transcript without a text", (f) => transcript(f.envelope(6, withoutText))],
    ["a transcript with a message that is not opened", (f) => transcript(f, (t) => t.opened.shift())],
    ["a transcript in which nothing is opened", (f) => transcript(f, (t) => (t.opened = []))],
    ["a transcript whose messages stand in another order", (f) => transcript(f, (t) => t.opened.reverse())],
    [
        "a transcript with any names",
        (f) => transcript(f, (t) => t.participants.push({ user_id: nobody, name: "X" })),
    ],
    ["a transcript with the fault of the log", (f) => transcript(f, (t) => (t.fault = "chat_log_forked"))],
    ["a transcript with the next document", (f) => documents(f, 0, 1)],
    ["a transcript with documents that cannot be read before", (f) => documents(f, 1, 2)],
];

async function check(make) {
    const made = make(new Forge(file));
    const checked = made.file ?? made;
    try {
        await (checked.format ? checkTranscript(checked) : checkVectors(checked));
        return "nothing";
    } catch (error) {
        return `${error.code ?? error.stack} at ${error.seq}`;
    }
}

let noticed = 0;
for (const [name, code, seq, make] of cases) {
    const found = await check(make);
    if (found === `${code} at ${seq}`) noticed += 1;
    else console.error(`${name}: ${found} instead of ${code} at ${seq}`);
}
let passed = 0;
for (const [name, make] of controls) {
    const found = await check(make);
    if (found === "nothing") passed += 1;
    else console.error(`${name}: ${found}`);
}
console.log(JSON.stringify({ tampered: cases.length, noticed, controls: controls.length, passed }));
process.exitCode = noticed === cases.length && passed === controls.length ? 0 : 1;
