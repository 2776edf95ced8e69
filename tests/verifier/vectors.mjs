// Checks a file of test vectors: everything in it is known, secret keys too.
import { ed25519 } from "@noble/curves/ed25519.js";
import { equal, hex, unhex, uuid } from "./bytes.mjs";
import { Documents } from "./change.mjs";
import { openText } from "./envelope.mjs";
import { checkKey, kemPublicKey, messageKey, openWrap } from "./epoch.mjs";
import { Log } from "./log.mjs";
import { checkMessage } from "./messages.mjs";
import { checkCertificate, readCertificate, safetyNumber, x25519, xwing } from "./roster.mjs";

// A value of the file that is not the one computed. Not a fault of the page's table: the file contradicts itself.
class Mismatch extends Error {
    constructor(what) {
        super(what);
        this.code = "mismatch";
    }
}

function same(actual, expected, what) {
    if (actual !== expected) throw new Mismatch(`${what}: ${actual} instead of ${expected}`);
}

// Gives the fault the number of the entry in which it was found.
export async function at(seq, check) {
    try {
        return await check();
    } catch (error) {
        throw Object.assign(error, { seq: error.seq ?? seq });
    }
}

async function readDevice(device) {
    const cert = readCertificate(unhex(device.certificate));
    checkCertificate(cert);
    same(cert.hash, device.certificate_hash, "certificate's hash");
    same(cert.userId, uuid(device.user_id), "user");
    same(cert.deviceId, uuid(device.device_id), "device");
    same(hex(ed25519.getPublicKey(unhex(device.identity_seed))), cert.identityKey, "identity key");
    same(hex(ed25519.getPublicKey(unhex(device.signing_seed))), cert.signingKey, "signing key");
    const secret = { [x25519]: device.x25519_secret, [xwing]: device.xwing_secret };
    for (const suite of [x25519, xwing]) {
        const key = secret[suite] === null ? undefined : hex(await kemPublicKey(suite, secret[suite]));
        const certified = cert.kemKeys.get(suite);
        same(key, certified && hex(certified), `KEM key ${suite}`);
    }
    return { cert, secret };
}

async function checkWraps(epoch, expected, devices) {
    checkKey(epoch, expected.key);
    const suites = [];
    for (const { certificate } of epoch.wraps.filter(({ sealed }) => sealed.length > 0)) {
        const device = devices.find(({ cert }) => cert.hash === certificate);
        if (!device) throw new Mismatch(`no device for the wrap to ${certificate}`);
        same(await openWrap(epoch, certificate, device.secret), expected.key, "epoch key");
        suites.push(epoch.recipients.find((one) => one.certificate === certificate).suite);
    }
    same(epoch.hash, expected.record_hash, "record's hash");
    return suites;
}

function checkEnvelope(log, documents, seq, key, expected) {
    const env = log.envelopes.get(seq);
    const epochHash = log.epochs.get(env.header.epoch).hash;
    const opened = openText(env, env.link, messageKey(key, epochHash, env.header.deviceId));
    const put = checkMessage(log, documents, seq, opened.frankingKey, opened.padded);
    if (!expected) throw new Mismatch("an envelope that is not among the messages");
    same(env.header.deviceId, uuid(expected.device_id), "sender");
    same(opened.frankingKey, expected.franking_key, "franking key");
    if (!equal(opened.padded, unhex(expected.padded))) throw new Mismatch("padded");
    same(put.key, expected.key, "key");
    const sorted = (content) => JSON.stringify(Object.entries(content).sort());
    same(sorted(put.content), sorted(expected.content), "content");
}

export async function checkVectors(file) {
    same(file.version, 1, "version");
    const devices = [];
    for (const device of file.devices) devices.push(await readDevice(device));
    const [one, other] = file.safety_number.users.map((user) =>
        devices.find(({ cert }) => cert.userId === uuid(user)),
    );
    same(safetyNumber(one.cert, other.cert), file.safety_number.number, "safety number");

    const log = new Log(uuid(file.case_id));
    const documents = new Documents();
    const suites = [];
    const kinds = {};
    for (const { seq, wire, head } of file.entries) {
        await at(seq, async () => {
            const entry = log.append(unhex(wire));
            kinds[entry.kind] = (kinds[entry.kind] ?? 0) + 1;
            const { epoch } = entry.kind === 4 ? entry.content : (log.envelopes.get(seq)?.header ?? {});
            const expected = file.epochs.find((known) => known.epoch === epoch);
            if (epoch && !expected) throw new Mismatch(`epoch ${epoch} is not in the file`);
            if (entry.kind === 4) suites.push(...(await checkWraps(entry.content, expected, devices)));
            const message = file.messages.find((known) => known.seq === seq);
            const text = log.envelopes.get(seq)?.text;
            if (text) checkEnvelope(log, documents, seq, expected.key, message);
            else if (message) throw new Mismatch("a message without its text");
            same(entry.seq, seq, "seq");
            same(log.head, head, "head");
        });
    }
    same(file.epochs.length, log.epochs.size, "number of epochs");
    const texts = [...log.envelopes.values()].filter(({ text }) => text);
    same(file.messages.length, texts.length, "number of messages");
    if (!suites.includes(x25519) || !suites.includes(xwing)) throw new Mismatch("a KEM does not occur");
    const count = (suite) => suites.filter((one) => one === suite).length;
    return {
        devices: devices.length,
        entries: log.seq,
        kinds,
        epochs: log.epochs.size,
        wraps: { x25519: count(x25519), xwing: count(xwing) },
        messages: texts.length,
        revision: log.roster.revision,
        head: log.head,
    };
}
