// Checks the export of a participant: the log, its head, and the messages opened. No keys are needed.
import { unhex, uuid } from "./bytes.mjs";
import { Documents } from "./change.mjs";
import { require } from "./fault.mjs";
import { Log } from "./log.mjs";
import { checkMessage, segmentOf } from "./messages.mjs";
import { at } from "./vectors.mjs";
import { Words } from "./words.mjs";

const format = "mso-chat-transcript/1";

const malformed = (condition, detail) => require(condition, "chat_malformed", detail);

function list(value, name) {
    malformed(Array.isArray(value) && value.every((item) => item !== null), name);
    return value;
}

function bytes(text, name, length) {
    malformed(typeof text === "string" && /^([0-9a-f]{2})*$/.test(text), name);
    malformed(length === undefined || text.length === 2 * length, name);
    return unhex(text);
}

function id(text, name) {
    malformed(typeof text === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text), name);
    return uuid(text);
}

// The names by user. Nothing proves them: they only make the result readable.
function namesOf(participants) {
    const names = new Map();
    for (const { user_id, name } of list(participants, "participants")) {
        const user = id(user_id, "user_id");
        malformed((name === undefined || typeof name === "string") && !names.has(user), "participants");
        names.set(user, name);
    }
    return names;
}

function openedOf(messages) {
    const opened = new Map();
    for (const { seq, franking_key, padded } of list(messages, "opened")) {
        malformed(Number.isSafeInteger(seq) && !opened.has(seq), "opened");
        bytes(franking_key, "franking_key", 32);
        opened.set(seq, { frankingKey: franking_key, padded: bytes(padded, "padded") });
    }
    return opened;
}

// The identity keys of each user of whom there is a certificate.
function identitiesOf(log) {
    const found = {};
    for (const { userId, identityKey } of log.roster.devices.values()) {
        found[userId] = [...new Set([...(found[userId] ?? []), identityKey])];
    }
    return found;
}

// `said` has one line for each entry that is about who reads or what was said.
export async function checkTranscript(file) {
    malformed(typeof file === "object" && file !== null, "no object");
    require(file.format === format, "chat_unknown_version", String(file.format));
    malformed(file.fault === undefined || /^chat_[a-z_]+$/.test(file.fault), "fault");
    const log = new Log(id(file.case_id, "case_id"));
    const opened = openedOf(file.opened);
    const words = new Words(log, namesOf(file.participants));
    const documents = new Documents();
    let messages = 0;
    for (const [index, wire] of list(file.entries, "entries").entries()) {
        const seq = index + 1;
        await at(seq, () => {
            const entry = log.append(bytes(wire, "entry"));
            const env = log.envelopes.get(seq);
            const message = opened.get(seq);
            malformed(env || !message, "no envelope");
            if (!env) return words.add(entry);
            if (!message) {
                documents.skip(segmentOf(env));
                return words.add(entry);
            }
            const put = checkMessage(log, documents, seq, message.frankingKey, message.padded);
            words.add(entry, put);
            messages += 1;
        });
    }
    require(messages === opened.size, "chat_log_gap", "a message behind the last entry");
    await at(log.seq, () => {
        malformed(typeof file.head === "object" && file.head !== null, "head");
        require(file.head.seq === log.seq, "chat_log_gap", "head");
        require(file.head.hash === log.head, "chat_log_forked", "head");
    });
    return {
        entries: log.seq,
        messages,
        envelopes: log.envelopes.size,
        complete: documents.complete,
        fault: file.fault,
        head: log.head,
        identities: identitiesOf(log),
        said: words.lines,
    };
}
