// Deterministic CBOR (section 2), and the types that a structure's fields have.
import { equal, hex, join } from "./bytes.mjs";
import { Fault, require } from "./fault.mjs";

const malformed = (detail) => new Fault("chat_malformed", detail);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const deepest = 8;

function head(major, number) {
    const size = [24n, 1n << 8n, 1n << 16n, 1n << 32n, 1n << 64n].findIndex(
        (limit) => BigInt(number) < limit,
    );
    if (size === 0) return Uint8Array.of((major << 5) | Number(number));
    const bytes = new Uint8Array(9);
    new DataView(bytes.buffer).setBigUint64(1, BigInt(number));
    const width = 1 << (size - 1);
    bytes[8 - width] = (major << 5) | (23 + size);
    return bytes.slice(8 - width);
}

export function encode(value) {
    if (typeof value === "number" || typeof value === "bigint") {
        return value < 0 ? head(1, -1n - BigInt(value)) : head(0, value);
    }
    if (value instanceof Uint8Array) return join(head(2, value.length), value);
    if (typeof value === "string") {
        const bytes = new TextEncoder().encode(value);
        return join(head(3, bytes.length), bytes);
    }
    if (Array.isArray(value)) return join(head(4, value.length), ...value.map(encode));
    const pairs = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return join(head(5, pairs.length), ...pairs.flat().map(encode));
}

// A structure whose fields have the keys 0, 1, 2 …
export const encodeFields = (...values) => encode(new Map(values.map((value, key) => [key, value])));

// Lenient about everything that encoding again brings to light.
function parse(bytes) {
    let at = 0;
    const take = (length) => {
        if (length > bytes.length - at) throw malformed("cut short");
        at += length;
        return bytes.subarray(at - length, at);
    };
    const number = (low) => {
        if (low < 24) return low;
        if (low > 27) throw malformed("length");
        const big = BigInt(`0x${hex(take(1 << (low - 24)))}`);
        return big <= Number.MAX_SAFE_INTEGER ? Number(big) : big;
    };
    const item = (depth) => {
        if (depth > deepest) throw malformed("too deep");
        const [first] = take(1);
        const [major, n] = [first >> 5, number(first & 31)];
        const items = (count) => {
            if (count > bytes.length - at) throw malformed("cut short");
            return Array.from({ length: count }, () => item(depth + 1));
        };
        if (major === 0) return n;
        if (major === 1) return integer(-1n - BigInt(n));
        if (major === 2) return take(Number(n)).slice();
        if (major === 3) return text(take(Number(n)));
        if (major === 4) return items(Number(n));
        if (major !== 5) throw malformed("tag, float or simple value");
        const map = new Map();
        for (let left = Number(n); left > 0; left--) {
            const key = item(depth + 1);
            if (typeof key !== "number" && typeof key !== "bigint") throw malformed("map key");
            map.set(key, item(depth + 1));
        }
        return map;
    };
    const value = item(0);
    if (at !== bytes.length) throw malformed("bytes after the end");
    return value;
}

const integer = (big) => (Number.isSafeInteger(Number(big)) ? Number(big) : big);

function text(bytes) {
    try {
        return utf8.decode(bytes);
    } catch {
        throw malformed("UTF-8");
    }
}

export function decode(bytes, type) {
    const value = parse(bytes);
    require(equal(encode(value), bytes), "chat_malformed", "not the one spelling");
    return type(value);
}

// A type takes a parsed value and gives it checked, or throws.
const typed =
    (test, name, convert = (value) => value) =>
    (value) => {
        require(test(value), "chat_malformed", name);
        return convert(value);
    };
const isInteger = (value) => typeof value === "number" || typeof value === "bigint";
const below = (limit) => (value) => isInteger(value) && value >= 0 && value < limit;
const long = (length) => (value) => value instanceof Uint8Array && value.length === length;

export const u8 = typed(below(1 << 8), "u8");
export const u32 = typed(below(2 ** 32), "u32");
export const u64 = typed(below(1n << 64n), "u64");
export const time = typed((value) => isInteger(value) && value >= -(1n << 63n) && value < 1n << 63n, "time");
export const bytes = typed((value) => value instanceof Uint8Array, "bytes");
export const fixed = (length) => typed(long(length), `${length} bytes`);
export const id = typed(long(16), "id", hex);
export const hash = typed(long(32), "hash", hex);
export const string = typed((value) => typeof value === "string", "text");
export const oneOf = (...numbers) => typed((value) => numbers.includes(value), "enumeration");
export const list = (type) => typed(Array.isArray, "list", (items) => items.map(type));
export const map = (type) => typed((value) => value instanceof Map, "map", type);
export const optional = (type) => Object.assign((value) => type(value), { optional: true });

// fields: name → type, in the order of their keys 0, 1, 2 …
export function struct(fields) {
    const names = Object.keys(fields);
    return map((value) => {
        for (const key of value.keys()) require(key in names, "chat_malformed", `field ${key}`);
        const result = {};
        names.forEach((name, key) => {
            if (value.has(key)) result[name] = fields[name](value.get(key));
            else require(fields[name].optional, "chat_malformed", `${name} is missing`);
        });
        require(!("version" in result) || result.version === 1, "chat_unknown_version");
        return result;
    });
}
