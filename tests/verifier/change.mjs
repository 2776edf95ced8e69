// One automerge change, its key and value, and what its author may do (section 7).
import { sha256 } from "@noble/hashes/sha2.js";
import { equal, hex, join } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { Fault, require } from "./fault.mjs";

const forbidden = (condition, detail) => require(condition, "chat_forbidden_change", detail);

const magic = "856f4a83";
const changeChunk = 1;
const bytesType = 7;

// Columns of one put on the root: key, insert, action, type and length of the value, value, number of predecessors.
const columns = { key: 0x15, insert: 0x34, action: 0x42, meta: 0x56, value: 0x57, predecessors: 0x70 };
// A run of one literal, as the column encodings write it.
const literal = 0x7f;

function leb(number) {
    const bytes = [];
    for (let left = BigInt(number); ; left >>= 7n) {
        if (left < 128n) return Uint8Array.from([...bytes, Number(left)]);
        bytes.push(Number(left & 127n) | 128);
    }
}

export function encodeChange({ actor, seq, startOp, deps, key, value }) {
    const name = new TextEncoder().encode(key);
    const data = [
        [columns.key, join(Uint8Array.of(literal), leb(name.length), name)],
        [columns.insert, Uint8Array.of(1)],
        [columns.action, Uint8Array.of(literal, 1)],
        [columns.meta, join(Uint8Array.of(literal), leb((value.length << 4) | bytesType))],
        [columns.value, value],
        [columns.predecessors, Uint8Array.of(literal, 0)],
    ];
    const [time, message, otherActors] = [0, 0, 0];
    const content = join(
        ...[leb(deps.length), ...deps, leb(16), actor, leb(seq), leb(startOp)],
        ...[time, message, otherActors].map(leb),
        ...[leb(data.length), ...data.flatMap(([id, bytes]) => [leb(id), leb(bytes.length)])],
        ...data.map(([, bytes]) => bytes),
    );
    return chunk(content);
}

export function chunk(content) {
    const hashed = join(Uint8Array.of(changeChunk), leb(content.length), content);
    const hash = hex(sha256(hashed));
    return { bytes: join(magic, hash.slice(0, 8), hashed), hash };
}

// Takes out the fields that may differ; everything else comes to light when the change is made anew.
export function readChange(bytes) {
    let at = 8;
    const take = (length) => {
        forbidden(length <= bytes.length - at, "cut short");
        at += length;
        return bytes.subarray(at - length, at);
    };
    const number = () => {
        let [result, shift, byte] = [0, 1, 0];
        do {
            [byte] = take(1);
            result += (byte & 127) * shift;
            shift *= 128;
            forbidden(result <= Number.MAX_SAFE_INTEGER, "number");
        } while (byte & 128);
        return result;
    };
    take(1);
    number();
    const deps = Array.from({ length: Math.min(number(), bytes.length) }, () => hex(take(32)));
    const actor = hex(take(number()));
    const [seq, startOp] = [number(), number()];
    for (let zero = 0; zero < 3; zero++) forbidden(number() === 0, "time, message or actors");
    const lengths = new Map();
    for (let left = number(); left > 0; left--) lengths.set(number(), number());
    const column = (id) => take(lengths.get(id) ?? 0);
    const keyColumn = column(columns.key);
    for (const id of [columns.insert, columns.action, columns.meta]) column(id);
    const value = column(columns.value).slice();
    const fields = { actor, seq, startOp, deps, key: literalText(keyColumn), value };
    const sorted = deps.every((dep, i) => i === 0 || deps[i - 1] < dep) && deps.length <= 64;
    forbidden(actor.length === 32 && startOp > 0 && sorted, "actor, start_op or dependencies");
    const again = encodeChange(fields);
    forbidden(equal(again.bytes, bytes), "not one put");
    return { ...fields, hash: again.hash };
}

function literalText(column) {
    let at = 1;
    while (column[at] & 128) at++;
    try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(column.subarray(at + 1));
    } catch {
        throw new Fault("chat_forbidden_change", "key");
    }
}

const stamp = "[0-9a-f]{24}";
const keyForm = new RegExp(`^(?:[mr]/(${stamp})|[edx]/(${stamp})/(${stamp}))$`);

// Control characters but tab and newline, other line breaks, and what has no sense in any text.
const refusedCharacter =
    /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\ufeff\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}]|\p{NChar}/u;

function text(value, most) {
    const length = [...cbor.string(value)].length;
    require(length >= 1 && length <= most && value.normalize("NFC") === value, "chat_malformed", "text");
    require(value.trim() === value && !refusedCharacter.test(value), "chat_malformed", "text");
    return value;
}
const message = (value) => text(value, 4000);
const reaction = (value) => text(value, 16);

function replyTo(value) {
    require(new RegExp(`^${stamp}$`).test(cbor.string(value)), "chat_malformed", "stamp");
    return value;
}

const contents = {
    m: cbor.struct({ text: message, reply_to: cbor.optional(replyTo) }),
    e: cbor.struct({ text: message }),
    d: cbor.struct({}),
    x: cbor.struct({ text: cbor.optional(reaction) }),
    r: cbor.struct({ seq: cbor.u64 }),
};

// What a change says by itself, without those before it.
export function readPut(inner, deviceId) {
    const change = readChange(inner.change);
    const [matched, single, about, second] = keyForm.exec(change.key) ?? [];
    forbidden(matched, "key");
    const own = single ?? second;
    const time = inner.hlc.toString(16).padStart(12, "0");
    forbidden(change.actor === deviceId, "actor");
    forbidden(own.slice(0, 16) === time + deviceId.slice(-4), "stamp");
    try {
        return {
            ...change,
            kind: change.key[0],
            own,
            about,
            content: cbor.decode(change.value, contents[change.key[0]]),
        };
    } catch (error) {
        throw error instanceof Fault ? new Fault("chat_forbidden_change", error.message) : error;
    }
}

// What was accepted in a case so far. Of a document with a message that could not be read, it is not known what a change
// builds on, and that is not checked.
export class Documents {
    #authors = new Map();
    #stamps = new Set();
    #segments = new Map();
    #partial = new Set();
    // The highest number of the documents for the same readers. One that could not be read counts as accepted.
    #newest = new Map();

    get complete() {
        return this.#partial.size === 0;
    }

    skip(segment) {
        this.#partial.add(segment);
        if (this.#follows(segment)) this.#note(segment);
    }

    // Whether it is an earlier document of its readers, or the one after the newest.
    #follows(segment) {
        return numberOf(segment) <= (this.#newest.get(readersOf(segment)) ?? 0) + 1;
    }

    #note(segment) {
        const newest = this.#newest.get(readersOf(segment)) ?? 0;
        this.#newest.set(readersOf(segment), Math.max(newest, numberOf(segment)));
    }

    // `cert` is the sender's certificate, `segment` names the document.
    accept(put, cert, segment) {
        forbidden(this.#follows(segment), "segment_number");
        const accepted = this.#segments.get(segment) ?? [];
        if (!this.#partial.has(segment)) checkPlace(put, accepted);
        const about = this.#authors.get(put.about);
        const author = about?.readers === readersOf(segment) ? about.userId : undefined;
        const known = about !== undefined || this.complete;
        if ("ed".includes(put.kind) && known) forbidden(author === cert.userId, "not the author");
        if (put.kind === "x" && known) forbidden(author !== undefined, "no such message");
        forbidden(!this.#stamps.has(put.own), "stamp used twice");
        this.#segments.set(segment, [...accepted, put]);
        this.#stamps.add(put.own);
        this.#note(segment);
        if (put.kind === "m") this.#authors.set(put.own, { userId: cert.userId, readers: readersOf(segment) });
    }
}

// The part of a segment's name that is the same for all documents of the same readers.
const readersOf = (segment) => segment.split("/")[0];
const numberOf = (segment) => Number(segment.split("/")[1]);

function checkPlace(put, accepted) {
    const own = accepted.filter(({ actor }) => actor === put.actor).length;
    forbidden(put.seq === own + 1, "seq");
    forbidden(put.startOp <= accepted.length + 1, "start_op");
    forbidden(
        put.deps.every((dep) => accepted.some(({ hash }) => hash === dep)),
        "dependencies",
    );
}
