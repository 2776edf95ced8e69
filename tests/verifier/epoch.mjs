// Epochs, wraps and the keys that follow from an epoch's (section 5).
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { XWing } from "@hpke/hybridkem-x-wing";
import { x25519 as curve } from "@noble/curves/ed25519.js";
import { derive, digest, hex, labelled, u32, unhex } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { Fault, require } from "./fault.mjs";
import { strongest, x25519, xwing } from "./roster.mjs";
import { checkSigned, openSigned } from "./signed.mjs";

const record = cbor.struct({
    version: cbor.u8,
    caseId: cbor.id,
    epoch: cbor.u32,
    memberRev: cbor.u32,
    roster: cbor.hash,
    keySource: cbor.oneOf(1),
    keyCommitment: cbor.hash,
    previous: cbor.optional(cbor.hash),
    signer: cbor.hash,
    recipients: cbor.list(
        cbor.struct({ certificate: cbor.hash, suite: cbor.oneOf(x25519, xwing), wrap: cbor.hash }),
    ),
    createdAt: cbor.time,
});

const payloadType = cbor.struct({
    form: cbor.bytes,
    wraps: cbor.list(cbor.struct({ certificate: cbor.hash, sealed: cbor.bytes })),
});

export function readEpoch(payload) {
    const { form, wraps } = cbor.decode(payload, payloadType);
    return { ...openSigned(form, record), wraps, formDigest: digest(form) };
}

export function checkEpoch(epoch, roster, newest) {
    require(epoch.caseId === roster.caseId, "chat_other_case");
    const signer = roster.certificates.get(epoch.signer);
    roster.requireReader(signer);
    checkSigned(epoch, "mso/epoch/1", signer.signingKey);
    const current = epoch.roster === roster.hash && epoch.memberRev === roster.revision;
    require(current, "chat_roster_moved");
    const follows = epoch.epoch === (newest?.epoch ?? 0) + 1 && epoch.previous === newest?.hash;
    require(follows, "chat_epoch_out_of_order");
    checkRecipients(epoch.recipients, roster);
    checkWraps(epoch);
}

function checkRecipients(recipients, roster) {
    const ascends = recipients.every(
        ({ certificate }, i) => i === 0 || recipients[i - 1].certificate < certificate,
    );
    require(ascends, "chat_malformed", "order of recipients");
    const readers = new Map(roster.readers().map((cert) => [cert.hash, cert]));
    require(recipients.every(({ certificate }) => readers.has(certificate)), "chat_extra_recipient");
    require(recipients.length === readers.size, "chat_missing_recipient");
    const strong = recipients.every(
        ({ certificate, suite }) => suite === strongest(readers.get(certificate)),
    );
    require(strong, "chat_weak_suite");
}

function checkWraps({ recipients, wraps }) {
    const ascend = wraps.every(({ certificate }, i) => i === 0 || wraps[i - 1].certificate < certificate);
    require(ascend, "chat_malformed", "order of wraps");
    for (const { certificate, sealed } of wraps) {
        const recipient = recipients.find((one) => one.certificate === certificate);
        require(recipient, "chat_extra_recipient");
        require(digest(sealed) === recipient.wrap, "chat_bad_wrap");
    }
}

const kems = { [x25519]: new DhkemX25519HkdfSha256(), [xwing]: new XWing() };
const encLength = { [x25519]: 32, [xwing]: 1120 };

const hpke = (suite) =>
    new CipherSuite({ kem: kems[suite], kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });

function wrapInfo(epoch, suite, certificate) {
    return cbor.encodeFields(
        1,
        suite,
        unhex(epoch.caseId),
        epoch.epoch,
        unhex(epoch.roster),
        unhex(epoch.keyCommitment),
        unhex(epoch.signer),
        unhex(certificate),
    );
}

export async function openWrap(epoch, certificate, secret) {
    const recipient = epoch.recipients.find((one) => one.certificate === certificate);
    const wrap = epoch.wraps.find((one) => one.certificate === certificate);
    require(recipient && wrap, "chat_no_wrap");
    const { suite } = recipient;
    const enc = wrap.sealed.slice(0, encLength[suite]);
    const sealed = wrap.sealed.slice(encLength[suite]);
    let key;
    try {
        const recipientKey = await kems[suite].importKey("raw", unhex(secret[suite]), false);
        key = await hpke(suite).open(
            { recipientKey, enc, info: wrapInfo(epoch, suite, certificate) },
            sealed,
        );
    } catch (error) {
        throw new Fault("chat_bad_wrap", error.message);
    }
    checkKey(epoch, hex(new Uint8Array(key)));
    return hex(new Uint8Array(key));
}

export function commitment(key, caseId, epoch) {
    return hex(derive(key, new Uint8Array(), labelled("mso/commit/1", caseId, u32(epoch))));
}

export function checkKey(epoch, key) {
    const fits = key.length === 64 && commitment(key, epoch.caseId, epoch.epoch) === epoch.keyCommitment;
    require(fits, "chat_bad_wrap", "commitment");
}

export const messageKey = (key, recordHash, deviceId) =>
    derive(key, recordHash, labelled("mso/msg/1", deviceId));

export async function kemPublicKey(suite, secret) {
    if (suite === x25519) return curve.getPublicKey(unhex(secret));
    const { publicKey } = await kems[suite].generateKeyPairDerand(unhex(secret));
    return new Uint8Array(await kems[suite].serializePublicKey(publicKey));
}
