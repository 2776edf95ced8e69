// Makes false entries that are well signed, with the secret keys of the vectors.
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { digest, hex, join, labelled, unhex, uuid } from "./bytes.mjs";
import { decode, encode } from "./cbor.mjs";
import { commit, firstLink, nextLink, pad, unpad } from "./envelope.mjs";
import { messageKey } from "./epoch.mjs";
import { Log, readEntry } from "./log.mjs";

const parsed = (bytes) => decode(bytes, (value) => value);

export const flip = (bytes, at = 0) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

// Decodes, lets the map be changed, encodes again.
export function edit(bytes, change) {
    const value = parsed(bytes);
    change(value);
    return encode(value);
}

const changeField = (map, key, change) => map.set(key, change(map.get(key)));

export class Forge {
    constructor(file) {
        this.file = structuredClone(file);
        this.caseId = uuid(file.case_id);
    }

    #entry(seq) {
        return this.file.entries.find((entry) => entry.seq === seq);
    }

    wire(seq) {
        return unhex(this.#entry(seq).wire);
    }

    payload(seq) {
        return readEntry(this.wire(seq)).payload;
    }

    wraps(seq) {
        return parsed(this.payload(seq)).get(1);
    }

    // The text of a message as it is sealed now.
    padded(seq) {
        const [map, { epochs }] = [parsed(this.payload(seq)), this.file];
        const head = parsed(map.get(0));
        const epoch = epochs.find((one) => one.epoch === head.get(7));
        const key = messageKey(epoch.key, epoch.record_hash, hex(head.get(4)));
        return xchacha20poly1305(key, map.get(2), this.#link(seq, head, map.get(0), map.get(1)))
            .decrypt(map.get(3))
            .subarray(32);
    }

    #link(seq, head, headerBytes, c) {
        const device = this.file.devices.find((one) => uuid(one.device_id) === hex(head.get(4)));
        const chain = this.before(seq).chains.get(hex(head.get(4)));
        return unhex(
            nextLink(chain?.link ?? firstLink(this.caseId, device.certificate_hash), headerBytes, c),
        );
    }

    device(certificate) {
        return this.file.devices.find((one) => one.certificate_hash === certificate);
    }

    replace(seq, wire) {
        this.#entry(seq).wire = hex(wire);
        return this;
    }

    // `change` gets the entry's map.
    entry(seq, change) {
        return this.replace(seq, edit(this.wire(seq), change));
    }

    drop(seq) {
        this.file.entries = this.file.entries.filter((entry) => entry.seq !== seq);
        return this;
    }

    // Moves the entries behind a gap up by one, in their numbers too.
    renumber() {
        this.file.entries.forEach((entry, i) => {
            entry.seq = i + 1;
            this.entry(i + 1, (map) => map.set(1, i + 1));
        });
        return this;
    }

    plain(seq, change) {
        return this.entry(seq, (map) => changeField(map, 4, change));
    }

    envelope(seq, change) {
        return this.plain(seq, (payload) => edit(payload, change));
    }

    #sign(form, label, seed, change) {
        return edit(form, (map) => {
            changeField(map, 0, (body) => edit(body, change));
            map.set(1, ed25519.sign(labelled(label, digest(map.get(0))), unhex(seed)));
        });
    }

    certificate(seq, seed, change) {
        return this.plain(seq, (payload) => this.#sign(payload, "mso/cert/1", seed, change));
    }

    // `signer` is a device of the vectors; it is the one that the row names unless the change names another.
    row(seq, signer, change) {
        return this.plain(seq, (payload) => this.#sign(payload, "mso/roster/1", signer.signing_seed, change));
    }

    epoch(seq, change, changeWraps = () => {}) {
        return this.envelope(seq, (map) => {
            const signer = this.device(hex(parsed(parsed(map.get(0)).get(0)).get(8)));
            changeField(map, 0, (form) => this.#sign(form, "mso/epoch/1", signer.signing_seed, change));
            changeWraps(map.get(1));
        });
    }

    // The log before an entry.
    before(seq) {
        const log = new Log(this.caseId);
        for (const entry of this.file.entries.filter((one) => one.seq < seq)) log.append(unhex(entry.wire));
        return log;
    }

    // Seals and signs a message anew. Each part may be changed: header and inner (their maps), padded, the text that is
    // committed to, the ciphertext, and how it is signed.
    message(
        seq,
        { header = () => {}, inner, padded, committed, sealed = (text) => text, sign = ed25519.sign },
    ) {
        const known = this.file.messages.find((message) => message.seq === seq);
        return this.envelope(seq, (map) => {
            changeField(map, 0, (bytes) => edit(bytes, header));
            const head = parsed(map.get(0));
            const device = this.file.devices.find((one) => uuid(one.device_id) === hex(head.get(4)));
            const epoch = this.file.epochs.find((one) => one.epoch === head.get(7));
            let text = unhex(known.padded);
            if (inner) text = pad(edit(unpad(text), inner));
            if (padded) text = padded(text);
            const c = commit(known.franking_key, committed ? committed(text) : text);
            const link = this.#link(seq, head, map.get(0), c);
            const key = messageKey(epoch.key, epoch.record_hash, hex(head.get(4)));
            const plain = join(known.franking_key, text);
            map.set(1, unhex(c));
            map.set(3, sealed(xchacha20poly1305(key, map.get(2), link).encrypt(plain)));
            const content = digest(map.get(2), map.get(3));
            map.set(5, sign(labelled("mso/env/1", link, content), unhex(device.signing_seed)));
        });
    }

    // The same as the export of a participant who opened everything.
    transcript() {
        const { file } = this;
        const last = file.entries.at(-1);
        return {
            format: "mso-chat-transcript/1",
            case_id: file.case_id,
            head: { seq: last.seq, hash: last.head },
            entries: file.entries.map(({ wire }) => wire),
            opened: file.messages.map(({ seq, franking_key, padded }) => ({ seq, franking_key, padded })),
            participants: [],
        };
    }
}
