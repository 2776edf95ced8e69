// Opened messages: padding, inner, what was seen, and the change.
import { readPut } from "./change.mjs";
import { readInner } from "./envelope.mjs";
import { require } from "./fault.mjs";

// `seq` is the entry's.
export function checkMessage(log, documents, seq, frankingKey, padded) {
    const env = log.envelopes.get(seq);
    const inner = readInner(env, frankingKey, padded);
    require(inner.seenSeq < seq && log.heads[inner.seenSeq] === inner.seenHead, "chat_log_forked");
    const put = readPut(inner, env.header.deviceId);
    documents.accept(put, env.cert, segmentOf(env));
    return put;
}

export const segmentOf = ({ header }) => `${header.segmentRev}/${header.segmentNumber}`;
