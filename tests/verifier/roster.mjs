// Certificates and who may read (sections 3 and 4).
import { hash, digest, join } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { require } from "./fault.mjs";
import { checkSigned, openSigned, publicKey } from "./signed.mjs";

export const x25519 = 0x0020;
export const xwing = 0x647a;
const keyLength = { [x25519]: 32, [xwing]: 1216 };

const kemKeys = cbor.map((value) => {
    require(value.size > 0, "chat_malformed", "no KEM key");
    for (const [suite, key] of value) {
        require(suite in keyLength && cbor.fixed(keyLength[suite])(key), "chat_malformed", "KEM key");
    }
    return value;
});

const certificate = cbor.struct({
    version: cbor.u8,
    userId: cbor.id,
    deviceId: cbor.id,
    identityKey: publicKey,
    signingKey: publicKey,
    kemKeys,
    createdAt: cbor.time,
});

const [found, add, expert, admit, remove] = [1, 2, 3, 4, 5];
const [requesterSide, expertSide] = [1, 2];

const row = cbor.struct({
    version: cbor.u8,
    caseId: cbor.id,
    kind: cbor.oneOf(found, add, expert, admit, remove),
    userId: cbor.id,
    identityKey: publicKey,
    signer: cbor.hash,
    previous: cbor.optional(cbor.hash),
    assignmentId: cbor.optional(cbor.id),
    createdAt: cbor.time,
});

const removal = cbor.struct({
    version: cbor.u8,
    caseId: cbor.id,
    userId: cbor.id,
    deviceId: cbor.optional(cbor.id),
});

export const strongest = (cert) => (cert.kemKeys.has(xwing) ? xwing : x25519);
export const readCertificate = (payload) => openSigned(payload, certificate);
export const readRow = (payload) => openSigned(payload, row);
export const readRemoval = (payload) => ({ ...cbor.decode(payload, removal), hash: digest(payload) });

export function checkCertificate(cert) {
    checkSigned(cert, "mso/cert/1", cert.identityKey);
}

export class Roster {
    members = new Map();
    certificates = new Map();
    devices = new Map();
    revoked = new Set();
    used = new Set();
    revision = 0;
    grownAt = 0;

    constructor(caseId) {
        this.caseId = caseId;
        this.hash = hash("mso/readers0/1", caseId);
    }

    counts(cert) {
        return (
            !this.revoked.has(cert.deviceId) &&
            this.members.get(cert.userId)?.identityKey === cert.identityKey
        );
    }

    readers() {
        return [...this.certificates.values()].filter((cert) => this.counts(cert));
    }

    expert() {
        return [...this.members.values()].find((member) => member.side === expertSide);
    }

    // Throws unless the certificate is a reader's; the order of the faults is section 5's.
    requireReader(cert) {
        require(cert && !this.revoked.has(cert.deviceId), "chat_unknown_certificate");
        const member = this.members.get(cert.userId);
        require(member, "chat_not_a_member");
        require(member.identityKey === cert.identityKey, "chat_identity_changed");
        return member;
    }

    addCertificate(cert) {
        checkCertificate(cert);
        const member = this.members.get(cert.userId);
        require(!member || member.identityKey === cert.identityKey, "chat_identity_changed");
        require(!this.devices.has(cert.deviceId), "chat_replayed");
        this.certificates.set(cert.hash, cert);
        this.devices.set(cert.deviceId, cert);
        if (this.counts(cert)) this.#change(cert.hash, true);
    }

    applyRow(change) {
        require(change.caseId === this.caseId, "chat_other_case");
        const signer = this.certificates.get(change.signer);
        require(signer && !this.revoked.has(signer.deviceId), "chat_unknown_certificate");
        checkSigned(change, "mso/roster/1", signer.signingKey);
        this.#checkConditions(change, signer);
        const joins = change.kind === expert;
        const shaped =
            joins === (change.assignmentId !== undefined) && joins === (change.previous === undefined);
        require(shaped, "chat_malformed", "previous or assignment_id");
        require(!this.used.has(change.hash), "chat_roster_moved");
        require(joins || change.previous === this.hash, "chat_roster_moved");

        this.used.add(change.hash);
        this.#change(change.hash, [found, add, expert].includes(change.kind));
        if (change.kind === remove) this.members.delete(change.userId);
        else if (change.kind === admit) this.members.get(change.userId).admitted = true;
        else {
            this.members.set(change.userId, {
                identityKey: change.identityKey,
                side: joins ? expertSide : requesterSide,
                assignmentId: change.assignmentId,
                admitted: false,
                joined: this.revision,
            });
        }
    }

    #checkConditions(change, signer) {
        const bySubject = signer.userId === change.userId && signer.identityKey === change.identityKey;
        const member = this.counts(signer) ? this.members.get(signer.userId) : undefined;
        const subject = this.members.get(change.userId);
        const fits = {
            [found]: bySubject && this.members.size === 0 && this.used.size === 0,
            [add]: member?.side === requesterSide && !subject,
            [expert]: bySubject && !subject && !this.expert(),
            [admit]: member?.side === requesterSide && subject?.side === expertSide && !subject.admitted,
            [remove]: member !== undefined && subject?.side === member.side,
        };
        require(fits[change.kind], "chat_not_a_member");
        if (change.kind === admit || change.kind === remove) {
            require(subject.identityKey === change.identityKey, "chat_identity_changed");
        }
    }

    applyRemoval(change) {
        require(change.caseId === this.caseId, "chat_other_case");
        if (change.deviceId === undefined) {
            require(this.members.has(change.userId), "chat_not_a_member");
            this.members.delete(change.userId);
        } else {
            const cert = this.devices.get(change.deviceId);
            const known = cert?.userId === change.userId && !this.revoked.has(change.deviceId);
            require(known, "chat_unknown_certificate");
            this.revoked.add(change.deviceId);
        }
        this.#change(change.hash, false);
    }

    #change(by, grew) {
        this.revision += 1;
        if (grew) this.grownAt = this.revision;
        this.hash = hash("mso/readers/1", this.hash, by);
    }
}

export function safetyNumber(one, other) {
    const [a, b] = [one, other].sort((x, y) => (x.userId < y.userId ? -1 : 1));
    const seed = hash("mso/safety/1", a.userId, a.identityKey, b.userId, b.identityKey);
    const stream = join(digest(seed, "00"), digest(seed, "01"));
    const group = (i) => stream.subarray(5 * i, 5 * i + 5).reduce((number, byte) => number * 256 + byte, 0);
    return Array.from({ length: 12 }, (_, i) => String(group(i) % 100_000).padStart(5, "0")).join("");
}
