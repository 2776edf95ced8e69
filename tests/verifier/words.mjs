// What a transcript that was checked says, for people: who may read since when, and who wrote what.

const [device, row, removal, epoch, , refused] = [1, 2, 3, 4, 5, 6];
const [found, add, expert, admit, remove] = [1, 2, 3, 4, 5];

const timeOf = ({ at }) => {
    const time = new Date(Number(at));
    return Number.isNaN(time.valueOf()) ? String(at) : time.toISOString();
};
// A name has no line of its own, and nothing that steers a terminal.
const inOneLine = (text) => text.replaceAll(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, " ");
const indented = (text) => text.replaceAll(/^/gm, "    ");

export class Words {
    lines = [];
    #log;
    #names;
    #entries = new Map();

    constructor(log, names) {
        this.#log = log;
        this.#names = names;
    }

    // `put` is what an envelope says, if it is opened.
    add(entry, put) {
        if (put?.kind === "m") this.#entries.set(put.own, entry.seq);
        const said = this.#said(entry, put);
        if (said) this.lines.push(`[${entry.seq}] ${timeOf(entry)} ${said}`);
    }

    #said({ kind, content }, put) {
        if (kind === device || kind === epoch) return undefined;
        if (kind === row) return this.#changed(content);
        if (kind === removal) {
            const whose = content.deviceId ? `a device of ${this.#name(content.userId)}` : undefined;
            return `the server removed ${whose ?? this.#name(content.userId)}`;
        }
        const author = this.#name(this.#log.roster.devices.get(content.header.deviceId).userId);
        if (kind === refused) return `${author} sent something that the server refused`;
        return put ? `${author} ${this.#put(put)}` : `${author} sent something that is not opened`;
    }

    #changed({ kind, userId, signer }) {
        const by = this.#log.roster.certificates.get(signer).userId;
        const [user, name] = [this.#name(userId), this.#name(by)];
        return {
            [found]: `${user} began the chat`,
            [add]: `${name} let ${user} in`,
            [expert]: `${user} joined as the expert`,
            [admit]: `${user} was admitted by ${name}`,
            [remove]: by === userId ? `${user} left` : `${name} removed ${user}`,
        }[kind];
    }

    #put({ kind, about, content }) {
        const message = (stamp) =>
            this.#entries.has(stamp) ? `entry ${this.#entries.get(stamp)}` : "something that is not opened";
        if (kind === "m") {
            const reply = content.reply_to ? ` in reply to ${message(content.reply_to)}` : "";
            return `wrote${reply}:\n${indented(content.text)}`;
        }
        if (kind === "e") return `changed ${message(about)} to:\n${indented(content.text)}`;
        if (kind === "d") return `withdrew ${message(about)}`;
        if (kind === "r") return `has read up to entry ${content.seq}`;
        if (content.text === undefined) return `took back the reaction to ${message(about)}`;
        return `reacted to ${message(about)}: ${inOneLine(content.text)}`;
    }

    // With the id, because two may have the same name, and nothing proves it.
    #name(user) {
        const name = this.#names.get(user);
        return name === undefined ? `user ${user}` : `${inOneLine(name)} (${user})`;
    }
}
