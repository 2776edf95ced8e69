// Byte strings: long ones are Uint8Array; ids, hashes and keys are lower-case hex, so that `===` compares them.
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export const hex = bytesToHex;
export const unhex = hexToBytes;

const raw = (part) => (typeof part === "string" ? hexToBytes(part) : part);

export const join = (...parts) => concatBytes(...parts.map(raw));

export const labelled = (label, ...parts) => join(utf8ToBytes(label), ...parts);

export const digest = (...parts) => hex(sha256(join(...parts)));

export const hash = (label, ...parts) => hex(sha256(labelled(label, ...parts)));

export const mac = (key, message) => hex(hmac(sha256, raw(key), message));

export const derive = (secret, salt, info) => hkdf(sha256, raw(secret), raw(salt), info, 32);

export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export function u32(number) {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, number);
    return bytes;
}

export const uuid = (text) => {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) throw new Error(`not a UUID: ${text}`);
    return text.replaceAll("-", "");
};
