// Envelopes: what is checked without the key, and with it (section 6).
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { digest, equal, hash, hex, labelled, mac, join, u32 } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { Fault, require } from "./fault.mjs";
import { verify } from "./signed.mjs";

const envelope = cbor.struct({
    header: cbor.bytes,
    c: cbor.hash,
    nonce: cbor.optional(cbor.fixed(24)),
    ciphertext: cbor.optional(cbor.bytes),
    contentHash: cbor.optional(cbor.hash),
    signature: cbor.fixed(64),
});

const header = cbor.struct({
    version: cbor.u8,
    caseId: cbor.id,
    segmentRev: cbor.u32,
    segmentNumber: cbor.u32,
    deviceId: cbor.id,
    seq: cbor.u64,
    memberRev: cbor.u32,
    epoch: cbor.u32,
    epochHash: cbor.hash,
});

const inner = cbor.struct({
    hlc: cbor.u64,
    seenSeq: cbor.u64,
    seenHead: cbor.hash,
    treeHead: cbor.optional(cbor.hash),
    change: cbor.bytes,
});

const longestText = 65_536;

export function readEnvelope(payload) {
    const outer = cbor.decode(payload, envelope);
    const text = outer.ciphertext !== undefined;
    const shaped = text === (outer.nonce !== undefined) && text === (outer.contentHash === undefined);
    require(shaped, "chat_malformed", "text and content_hash");
    require(!text || outer.ciphertext.length <= longestText, "chat_malformed", "too long");
    const content = text ? digest(outer.nonce, outer.ciphertext) : outer.contentHash;
    return { ...outer, headerBytes: outer.header, header: cbor.decode(outer.header, header), content, text };
}

export const envelopeDigest = (env) => digest(digest(env.headerBytes), env.c, env.content, env.signature);

export const firstLink = (caseId, certificate) => hash("mso/link0/1", caseId, certificate);

export const nextLink = (link, headerBytes, c) =>
    hash("mso/link/1", link, u32(headerBytes.length), headerBytes, c);

// Steps 1 to 4. `chains` has the last slot and link of each device. Gives the link of this envelope.
export function checkSlot(env, roster, chains) {
    const { caseId, deviceId, seq } = env.header;
    require(caseId === roster.caseId, "chat_other_case");
    const cert = roster.devices.get(deviceId);
    require(cert, "chat_unknown_certificate");
    const chain = chains.get(deviceId) ?? { seq: 0, link: firstLink(caseId, cert.hash), burnt: new Set() };
    if (seq <= chain.seq)
        throw new Fault(chain.burnt.has(seq) ? "chat_refused_slot_filled" : "chat_replayed");
    require(seq === chain.seq + 1, "chat_sequence_gap");
    const link = nextLink(chain.link, env.headerBytes, env.c);
    const signed = labelled("mso/env/1", link, env.content);
    require(verify(cert.signingKey, signed, env.signature), "chat_bad_signature");
    return { cert, chain, link };
}

// Steps 5 to 8.
export function checkAdmitted(env, cert, roster, newest) {
    const { epoch, epochHash, memberRev, segmentRev } = env.header;
    const current = newest?.memberRev === roster.revision;
    const admitted =
        current && epoch === newest.epoch && epochHash === newest.hash && memberRev === newest.memberRev;
    require(admitted, "chat_epoch_not_admitted");
    const sender = roster.requireReader(cert);
    require(segmentRev === roster.grownAt, "chat_segment_closed");
    const expert = roster.expert();
    require(!expert || expert === sender || expert.admitted, "chat_expert_not_admitted");
}

export function openText(env, link, key) {
    let plain;
    try {
        plain = xchacha20poly1305(key, env.nonce, join(link)).decrypt(env.ciphertext);
    } catch {
        throw new Fault("chat_undecryptable");
    }
    require(plain.length >= 32, "chat_malformed", "no franking key");
    return { frankingKey: hex(plain.subarray(0, 32)), padded: plain.subarray(32) };
}

export const commit = (frankingKey, padded) => mac(frankingKey, labelled("mso/c/1", padded));

export function readInner(env, frankingKey, padded) {
    require(commit(frankingKey, padded) === env.c, "chat_wrong_commitment");
    return cbor.decode(unpad(padded), inner);
}

const paddedLength = (length) =>
    [384, 512, 1024, 2048].find((size) => size > length) ?? Math.ceil((length + 1) / 1024) * 1024;

export function pad(bytes) {
    const padded = new Uint8Array(paddedLength(bytes.length));
    padded.set(bytes);
    padded[bytes.length] = 0x80;
    return padded;
}

export function unpad(padded) {
    const end = padded.findLastIndex((byte) => byte !== 0);
    require(end >= 0 && padded[end] === 0x80, "chat_wrong_padding");
    const bytes = padded.subarray(0, end);
    require(equal(pad(bytes), padded), "chat_wrong_padding");
    return bytes;
}
