// Checks the export of a participant: the log, its head, and the messages opened. No keys are needed.
import { unhex, uuid } from "./bytes.mjs";
import { Documents } from "./change.mjs";
import { Fault, require } from "./fault.mjs";
import { Log } from "./log.mjs";
import { checkMessage, segmentOf } from "./messages.mjs";
import { at } from "./vectors.mjs";

const format = "mso-chat-transcript/1";

export async function checkTranscript(file) {
    if (file.format !== format) throw new Fault("chat_unknown_version", file.format);
    const log = new Log(uuid(file.case_id));
    const opened = new Map(file.opened.map((message) => [message.seq, message]));
    require(opened.size === file.opened.length, "chat_malformed", "a message twice");
    const documents = new Documents();
    let messages = 0;
    for (const [index, wire] of file.entries.entries()) {
        const seq = index + 1;
        await at(seq, () => {
            log.append(unhex(wire));
            const env = log.envelopes.get(seq);
            const message = opened.get(seq);
            require(env || !message, "chat_malformed", "no envelope");
            if (!env) return;
            if (!message) return documents.skip(segmentOf(env));
            checkMessage(log, documents, seq, message.franking_key, unhex(message.padded));
            messages += 1;
        });
    }
    require(messages === opened.size, "chat_log_gap", "a message behind the last entry");
    await at(log.seq, () => {
        require(file.head.seq === log.seq, "chat_log_gap", "head");
        require(file.head.hash === log.head, "chat_log_forked", "head");
    });
    return {
        entries: log.seq,
        messages,
        envelopes: log.envelopes.size,
        complete: documents.complete,
        head: log.head,
    };
}
