// Processes: started, asked by lines of JSON, killed, and looked at.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";

const patience = 180_000;
const running = new Set();

export class Program {
    #child;
    #next = 1;
    #waiting = new Map();

    constructor([command, ...words], environment = {}) {
        this.#child = spawn(command, words, {
            stdio: ["pipe", "pipe", "inherit"],
            env: { ...process.env, NODE_ENV: "production", ...environment },
        });
        running.add(this);
        this.#child.stdin.on("error", () => {});
        this.#child.on("error", (error) => {
            running.delete(this);
            this.#end(error);
        });
        this.#child.on("exit", (code, signal) => {
            running.delete(this);
            this.#end(new Error(`${command} ended with ${signal ?? code}`));
        });
        createInterface({ input: this.#child.stdout }).on("line", (line) => {
            const { id, ok, error } = JSON.parse(line);
            const waiting = this.#waiting.get(id);
            this.#waiting.delete(id);
            if (error === undefined) waiting?.resolve(ok);
            else waiting?.reject(new Error(JSON.stringify(error)));
        });
    }

    get process() {
        return this.#child.pid;
    }

    ask(verb, request = {}, milliseconds = patience) {
        const id = this.#next++;
        const { promise, resolve, reject } = Promise.withResolvers();
        const timer = setTimeout(() => reject(new Error(`${verb}: no answer`)), milliseconds);
        this.#waiting.set(id, { resolve, reject });
        this.#child.stdin.write(`${JSON.stringify({ ...request, id, do: verb })}\n`);
        return promise
            .finally(() => clearTimeout(timer))
            .catch((error) => {
                throw new Error(`${verb}: ${error.message}`);
            });
    }

    // A server says one line when it listens.
    started() {
        const { promise, resolve, reject } = Promise.withResolvers();
        this.#waiting.set(0, { resolve, reject });
        return promise;
    }

    // Like an empty battery.
    async kill() {
        if (this.#ended) return;
        this.#child.kill("SIGKILL");
        await once(this.#child, "exit");
    }

    // Cleanly, and killed if that takes longer than this.
    async stop(signal = "SIGTERM", milliseconds = 20_000) {
        if (this.#ended) return;
        const ended = once(this.#child, "exit");
        const timer = setTimeout(() => this.#child.kill("SIGKILL"), milliseconds);
        this.#child.kill(signal);
        await ended;
        clearTimeout(timer);
    }

    get #ended() {
        const { pid, exitCode, signalCode } = this.#child;
        // Without an id it never began.
        return pid === undefined || exitCode !== null || signalCode !== null;
    }

    #end(error) {
        for (const waiting of this.#waiting.values()) waiting.reject(error);
        this.#waiting.clear();
    }
}

export const killAll = () => Promise.all([...running].map((program) => program.kill()));

const ticksPerSecond = 100;

function stat(id) {
    const line = readFileSync(`/proc/${id}/stat`, "utf8");
    // The name before may hold spaces.
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number);
    return { parent: Number(fields[1]), ticks: user + system, endedTicks: endedUser + endedSystem };
}

// A process with all below it: a server may keep its database in processes of its own.
function tree(root) {
    const below = new Map();
    for (const name of readdirSync("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        try {
            const { parent } = stat(name);
            below.set(parent, [...(below.get(parent) ?? []), Number(name)]);
        } catch {
            // It has ended.
        }
    }
    const all = [root];
    for (let at = 0; at < all.length; at++) all.push(...(below.get(all[at]) ?? []));
    return all;
}

// Memory in MiB, shared pages by their share, and seconds of processor time.
export function usage(root) {
    let [memory, ticks] = [0, 0];
    for (const id of tree(root)) {
        try {
            const pages = readFileSync(`/proc/${id}/smaps_rollup`, "utf8");
            memory += Number(/^Pss:\s+(\d+)/m.exec(pages)[1]) / 1024;
            const used = stat(id);
            ticks += used.ticks + used.endedTicks;
        } catch {
            // It has ended.
        }
    }
    return { memory, cpu: ticks / ticksPerSecond };
}

// Seconds of processor time that the whole machine has used.
export function machineCpu() {
    const [line] = readFileSync("/proc/stat", "utf8").split("\n");
    const [user, nice, system, , , interrupt, soft, stolen] = line.split(/\s+/).slice(1).map(Number);
    return (user + nice + system + interrupt + soft + stolen) / ticksPerSecond;
}

// CLOCK_MONOTONIC in milliseconds, the same for all processes.
export const now = () => Number(process.hrtime.bigint()) / 1e6;
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
