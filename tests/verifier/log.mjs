// The log of a case, followed without keys (section 8).
import { digest, hash, unhex } from "./bytes.mjs";
import * as cbor from "./cbor.mjs";
import { checkAdmitted, checkSlot, envelopeDigest, readEnvelope } from "./envelope.mjs";
import { checkEpoch, readEpoch } from "./epoch.mjs";
import { require } from "./fault.mjs";
import { Roster, readCertificate, readRemoval, readRow } from "./roster.mjs";

const [device, row, removal, epoch, envelope, refused] = [1, 2, 3, 4, 5, 6];

const entryType = cbor.struct({
    version: cbor.u8,
    seq: cbor.u64,
    kind: cbor.oneOf(device, row, removal, epoch, envelope, refused),
    at: cbor.time,
    payload: cbor.bytes,
});

const readers = {
    [device]: readCertificate,
    [row]: readRow,
    [removal]: readRemoval,
    [epoch]: readEpoch,
    [envelope]: readEnvelope,
    [refused]: readEnvelope,
};

export const readEntry = (wire) => cbor.decode(wire, entryType);

export class Log {
    heads = [];
    epochs = new Map();
    envelopes = new Map();
    chains = new Map();
    newest;

    constructor(caseId) {
        this.caseId = caseId;
        this.roster = new Roster(caseId);
        this.heads.push(hash("mso/log0/1", caseId));
    }

    get seq() {
        return this.heads.length - 1;
    }

    get head() {
        return this.heads.at(-1);
    }

    append(wire) {
        const entry = readEntry(wire);
        const payload = readers[entry.kind](entry.payload);
        require(entry.seq > this.seq, "chat_replayed");
        require(entry.seq === this.seq + 1, "chat_log_gap");
        this.#apply(entry, payload);
        const body = cbor.encodeFields(
            1,
            unhex(this.caseId),
            entry.seq,
            entry.kind,
            unhex(entryDigest(entry, payload)),
            entry.at,
        );
        this.heads.push(hash("mso/log/1", this.head, digest(body)));
        return { ...entry, content: payload };
    }

    #apply({ seq, kind }, payload) {
        if (kind === device) this.roster.addCertificate(payload);
        else if (kind === row) this.roster.applyRow(payload);
        else if (kind === removal) this.roster.applyRemoval(payload);
        else if (kind === epoch) {
            checkEpoch(payload, this.roster, this.newest);
            this.newest = payload;
            this.epochs.set(payload.epoch, payload);
        } else this.#applyEnvelope(seq, payload, kind === refused);
    }

    #applyEnvelope(seq, env, burnt) {
        require(!burnt || !env.text, "chat_refused_slot_filled");
        const { cert, chain, link } = checkSlot(env, this.roster, this.chains);
        if (!burnt) checkAdmitted(env, cert, this.roster, this.newest);
        if (burnt) chain.burnt.add(env.header.seq);
        this.chains.set(cert.deviceId, { seq: env.header.seq, link, burnt: chain.burnt });
        if (!burnt) this.envelopes.set(seq, { ...env, link, cert });
    }
}

function entryDigest({ kind, payload }, content) {
    if (kind === epoch) return content.formDigest;
    if (kind === envelope || kind === refused) return envelopeDigest(content);
    return digest(payload);
}
