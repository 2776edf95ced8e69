// Ed25519 as section 2 has it, and the signed form of certificates, rows and records.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { digest, equal, hex, join, labelled, unhex } from "./bytes.mjs";
import { bytes, decode, fixed, struct } from "./cbor.mjs";
import { Fault, require } from "./fault.mjs";

const { Point } = ed25519;
const order = Point.Fn.ORDER;
const little = (data) => BigInt(`0x${hex(data.slice().reverse())}`);

export function publicKey(value) {
    const key = fixed(32)(value);
    try {
        if (!Point.fromBytes(key).isSmallOrder()) return hex(key);
    } catch {
        throw new Fault("chat_malformed", "not a point");
    }
    throw new Fault("chat_malformed", "a weak key");
}

// The library's own check multiplies by the cofactor also with `zip215: false`; the page asks for one without.
export function verify(key, message, signature) {
    const [encoded, s] = [signature.subarray(0, 32), little(signature.subarray(32))];
    if (s >= order) return false;
    let a, r;
    try {
        [a, r] = [Point.fromBytes(unhex(key)), Point.fromBytes(encoded)];
    } catch {
        return false;
    }
    if (a.isSmallOrder() || r.isSmallOrder()) return false;
    const k = little(sha512(join(encoded, key, message))) % order;
    const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k));
    return equal(expected.toBytes(), encoded);
}

const form = struct({ bytes, signature: fixed(64) });

// Decodes only; the signature waits for its place in the order of checks.
export function openSigned(payload, type) {
    const { bytes: body, signature } = decode(payload, form);
    return { ...decode(body, type), hash: digest(body), signature };
}

export function checkSigned(signed, label, key) {
    require(verify(key, labelled(label, signed.hash), signed.signature), "chat_bad_signature");
}
