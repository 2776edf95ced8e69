// The data, from seeded random numbers: the same bytes for every system.

export const caseCount = 200;
export const messagesPerCase = 50;
// Our system has no appointments yet. With another number here the peers carry that many more records, and ours does not.
export const appointmentsPerCase = 0;
const textLength = 160;
// What is written while a reader is away, or offline: ten messages in each of fifty cases.
const awayCases = 50;
const awayPerCase = 10;
export const awayCount = awayCases * awayPerCase;

const begin = 1_750_000_000_000;

// mulberry32
export function random(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

// Frequent letters first, and squared numbers draw them: deflate makes it about half as long, as it does of real texts.
const letters = "etaoinshrdlucmfwypvbgkjqxz";

function word(draw) {
    const length = 2 + Math.floor(draw() * 8);
    return Array.from({ length }, () => letters[Math.floor(draw() * draw() * letters.length)]).join("");
}

export function text(draw, length = textLength) {
    let written = word(draw);
    while (written.length < length) written += ` ${word(draw)}`;
    // Not a space at either end, which a system might take off.
    return `${written.slice(0, length - 1)}.`;
}

function uuid(draw) {
    const digits = Array.from({ length: 32 }, () => Math.floor(draw() * 16).toString(16)).join("");
    const part = (from, to) => digits.slice(from, to);
    return `${part(0, 8)}-${part(8, 12)}-4${part(13, 16)}-a${part(17, 20)}-${part(20, 32)}`;
}

export const nameOf = (index) => `case-${String(index).padStart(4, "0")}`;

function authorsOf(index) {
    const draw = random(31_337 + index);
    return [uuid(draw), uuid(draw)];
}

function messagesOf(seed, index, count, since) {
    const draw = random(seed * 7919 + index);
    const authors = authorsOf(index);
    let at = since;
    return Array.from({ length: count }, (_, number) => {
        at += 1000 + Math.floor(draw() * 60_000);
        return { id: uuid(draw), author: authors[number % 2], at, text: text(draw) };
    });
}

function caseOf(index) {
    const draw = random(1_000_003 + index);
    const [requester, expert] = authorsOf(index);
    const appointments = Array.from({ length: appointmentsPerCase }, (_, number) => ({
        id: uuid(draw),
        start: begin + Math.floor(draw() * 1e9),
        minutes: 30,
        state: "proposed",
        by: number % 2 ? expert : requester,
    }));
    return {
        index,
        name: nameOf(index),
        fields: { title: text(draw, 40), state: "open", requester, expert },
        appointments,
        messages: messagesOf(1, index, messagesPerCase, begin),
    };
}

export const cases = () => Array.from({ length: caseCount }, (_, index) => caseOf(index));

// Every fourth case gets ten messages, one case after the other.
export function awayMessages(seed) {
    const perCase = Array.from({ length: awayCases }, (_, number) => {
        const index = number * (caseCount / awayCases);
        return messagesOf(seed, index, awayPerCase, begin + 1e10).map((message) => ({ index, message }));
    });
    return Array.from({ length: awayPerCase }, (_, number) => perCase.map((messages) => messages[number])).flat();
}

// FNV-1a over a text of ASCII letters.
function hash(written) {
    let state = 0x811c9dc5;
    for (let at = 0; at < written.length; at++) state = Math.imul(state ^ written.charCodeAt(at), 0x01000193);
    return state >>> 0;
}

// The same in whatever order the texts are.
export const checksum = (texts) => texts.reduce((sum, written) => (sum + hash(written)) % 2 ** 48, 0);
