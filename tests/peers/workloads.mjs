// W1 to W4 of README.md, one run each of one system. `Bench` knows where the system's data are.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import * as data from "./data.mjs";
import { machineCpu, now, sleep, usage } from "./program.mjs";
import { countingProxy } from "./proxy.mjs";

const total = data.caseCount * data.messagesPerCase;
const seeds = { kept: 100, restarted: 101, offline: 200 };
// What a server stores late is stored by then.
const storedLate = 3500;

const textsOf = (seed) => data.awayMessages(seed).map(({ message }) => message.text);
const baseTexts = () => data.cases().flatMap(({ messages }) => messages.map(({ text }) => text));

// What a client holds that has the seed's messages and these.
function expected(...written) {
    const texts = [...baseTexts(), ...written.flatMap(textsOf)];
    return { messages: texts.length, checksum: data.checksum(texts) };
}

function requireEqual(what, held, wanted) {
    for (const [name, value] of Object.entries(wanted)) {
        if (held[name] !== value) throw new Error(`${what}: ${name} is ${held[name]}, not ${value}`);
    }
}

const sizeOf = (folder) =>
    readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

// With its owners, which a database insists on.
function copy(from, to) {
    rmSync(to, { recursive: true, force: true });
    execFileSync("cp", ["-a", from, to]);
}

export function quantile(values, part) {
    const sorted = values.toSorted((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export class Bench {
    #system;
    #folder;
    #server;

    constructor(system, folder) {
        this.#system = system;
        this.#folder = join(folder, system.name);
        mkdirSync(this.#folder, { recursive: true });
    }

    #path = (...names) => join(this.#folder, ...names);

    // A server with 200 cases and their messages, stopped and laid aside.
    async seed() {
        await this.#seed("seed", (server, folder) => this.#system.seed({ server, folder }));
        return { server_disk: sizeOf(this.#path("seed", "server")) };
    }

    seedPairs(count) {
        return this.#seed("pairs", (server, folder) => this.#system.seedPairs({ server, folder, count }));
    }

    async #seed(name, fill) {
        const folder = this.#path(name);
        mkdirSync(folder, { recursive: true });
        const server = await this.#listen(join(folder, "server"));
        await fill(server, folder);
        await server.stop();
    }

    // A new process on the data laid aside, so that a run begins cold.
    #startServer(name) {
        copy(this.#path(name, "server"), this.#path("server"));
        return this.#listen(this.#path("server"));
    }

    async #listen(folder) {
        this.#server = await this.#system.startServer(folder);
        return this.#server;
    }

    // After a failure.
    async abandon() {
        await this.#server?.stop();
    }

    // A process whose replica is open, behind a proxy of its own.
    async #client(server, role, folder) {
        const program = this.#system.startClient();
        const proxy = await countingProxy(server.port);
        const place = await this.#system.place(role, folder, this.#path("seed"));
        const { ms } = await program.ask("open", { port: proxy.port, ...place });
        return { program, proxy, openMs: ms, ask: (verb, request) => program.ask(verb, request) };
    }

    // W1, W2 and W4, which follow from each other.
    async run(only) {
        const results = {};
        const server = await this.#startServer("seed");
        const folder = this.#path("reader");
        for (const role of ["reader", "writer"]) rmSync(this.#path(role), { recursive: true, force: true });
        let reader = await this.#client(server, "reader", folder);
        const first = await this.#sync(server, reader, expected());
        // An idle moment, so that what is stored late counts as well.
        await sleep(1500);
        results.w1 = { ...first, client_disk: sizeOf(folder) };
        if (only.some((name) => name === "w2" || name === "w4")) {
            const writer = await this.#client(server, "writer", this.#path("writer"));
            await writer.ask("sync", { messages: total });
            const written = [];
            if (only.includes("w2")) {
                await this.#away(reader, writer, seeds.kept);
                written.push(seeds.kept);
                results.w2_kept = await this.#sync(server, reader, expected(...written));
                await this.#away(reader, writer, seeds.restarted);
                written.push(seeds.restarted);
                await end(reader);
                reader = await this.#client(server, "reader", folder);
                const { openMs: open_ms } = reader;
                results.w2_restarted = { open_ms, ...(await this.#sync(server, reader, expected(...written))) };
            }
            if (only.includes("w4")) {
                results.w4 = await this.#offline(server, reader, writer, folder, written);
            } else {
                await end(reader);
            }
            await end(writer);
        } else {
            await end(reader);
        }
        await server.stop();
        return results;
    }

    async #sync(server, { program, proxy }, wanted) {
        const [begun, bytes] = [usage(server.process), proxy.bytes()];
        const [{ begun: at, ...done }, load] = await loaded([program.process, server.process], () =>
            program.ask("sync", { messages: wanted.messages }),
        );
        const [ended, counted] = [usage(server.process), proxy.bytes()];
        const stored = await program.ask("stored");
        const held = await program.ask("held");
        requireEqual("sync", held, { ...wanted, appointments: data.caseCount * data.appointmentsPerCase });
        return {
            ...done,
            stored_ms: stored.at - at,
            bytes_in: counted.in - bytes.in,
            bytes_out: counted.out - bytes.out,
            client_memory: usage(program.process).memory,
            server_memory: ended.memory,
            server_cpu_s: ended.cpu - begun.cpu,
            ...load,
        };
    }

    async #away(reader, writer, seed) {
        await reader.ask("disconnect");
        await sleep(200);
        await writer.ask("write", { messages: data.awayMessages(seed), stored: false });
        await writer.ask("pushed");
        await sleep(storedLate);
    }

    async #offline(server, before, writer, folder, written) {
        await sleep(1500);
        await before.ask("disconnect");
        await sleep(500);
        const { times } = await before.ask("write", { messages: data.awayMessages(seeds.offline), stored: true });
        // Without warning: a new process must hold what was stored.
        await before.program.kill();
        before.proxy.close();
        const reader = await this.#client(server, "reader", folder);
        const wanted = expected(...written, seeds.offline);
        const held = await reader.ask("held");
        const survived = held.messages - (wanted.messages - data.awayCount);
        const results = { write_p50_ms: quantile(times, 0.5), write_p99_ms: quantile(times, 0.99), survived };
        if (survived === data.awayCount) {
            const seen = writer.ask("wait_until", { messages: wanted.messages });
            const [{ begun, known_ms }, { at }] = await Promise.all([reader.ask("push"), seen]);
            const bytes = reader.proxy.bytes();
            Object.assign(results, { known_ms, seen_ms: at - begun, bytes_out: bytes.out, bytes_in: bytes.in });
            requireEqual("the writer", await writer.ask("held"), wanted);
        }
        await end(reader);
        return results;
    }

    // W3: so many pairs, each with so many messages, one every so many milliseconds.
    async live({ pairs, messages, interval }) {
        const server = await this.#startServer("pairs");
        const sides = {};
        for (const side of ["a", "b"]) {
            const folder = this.#path("live");
            rmSync(join(folder, side), { recursive: true, force: true });
            const proxy = await countingProxy(server.port);
            const program = this.#system.startClient();
            const place = await this.#system.placePairs(side, folder, pairs, this.#path("pairs"));
            await program.ask("open_pairs", { port: proxy.port, ...place });
            sides[side] = { program, proxy };
        }
        await sleep(2500);
        const [cpu, before] = [usage(server.process).cpu, bytesOf(sides)];
        const start = now() + 300;
        const jobs = (side) => ({ jobs: jobsOf(side, { pairs, messages, interval, start }) });
        const ask = (verb, request) =>
            Promise.all(Object.entries(sides).map(([side, { program }]) => program.ask(verb, request(side))));
        const processes = [sides.a.program.process, sides.b.program.process, server.process];
        const [, load] = await loaded(processes, () => ask("live", jobs));
        const count = (pairs * messages) / 2;
        const got = await ask("received", () => ({ count, within_ms: 20_000 }));
        const sent = new Map(got.flatMap((side) => side.sent));
        const latencies = got
            .flatMap((side) => side.received)
            .filter(([id]) => sent.has(id))
            .map(([id, at]) => at - sent.get(id));
        const ended = usage(server.process);
        const results = {
            sent: sent.size,
            received: latencies.length,
            p50_ms: quantile(latencies, 0.5),
            p99_ms: quantile(latencies, 0.99),
            bytes_per_message: (bytesOf(sides) - before) / sent.size,
            server_cpu_s: ended.cpu - cpu,
            server_memory: ended.memory,
            ...load,
        };
        for (const side of Object.values(sides)) await end(side);
        await server.stop();
        requireEqual("live", results, { sent: pairs * messages, received: pairs * messages });
        return results;
    }
}

async function end({ program, proxy }) {
    await program.ask("close");
    await program.kill();
    proxy.close();
}

const bytesOf = (sides) =>
    Object.values(sides).reduce((sum, { proxy }) => sum + proxy.bytes().in + proxy.bytes().out, 0);

// The sides take turns within a pair, and the pairs begin one after the other.
function jobsOf(side, { pairs, messages, interval, start }) {
    const draw = data.random(side === "a" ? 11 : 22);
    const jobs = [];
    for (let pair = 0; pair < pairs; pair++) {
        for (let number = side === "a" ? 0 : 1; number < messages; number += 2) {
            const message = { id: `${pair}-${number}`, author: side.repeat(36), at: number, text: data.text(draw) };
            jobs.push({ pair, due: start + number * interval + (pair * interval) / pairs, message });
        }
    }
    return jobs.sort((one, other) => one.due - other.due);
}

// How busy these processes were meanwhile, and all others: a figure taken beside other work is not a clean one.
async function loaded(processes, work) {
    const own = () => processes.reduce((sum, id) => sum + usage(id).cpu, 0);
    const [begun, before, machine] = [now(), own(), machineCpu()];
    const done = await work();
    const seconds = (now() - begun) / 1000;
    const used = own() - before;
    const others = Math.max(0, machineCpu() - machine - used);
    return [done, { own_cores: used / seconds, other_cores: others / seconds }];
}
