import { readFile } from "node:fs/promises";
import { Fault } from "./fault.mjs";
import { checkTranscript } from "./transcript.mjs";
import { checkVectors } from "./vectors.mjs";

const checks = { vectors: checkVectors, transcript: checkTranscript };
const [what, path] = process.argv.slice(2);

if (!checks[what] || !path) {
    console.error("usage: node verify.mjs vectors|transcript FILE");
    process.exit(2);
}
function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        throw new Fault("chat_malformed", "no JSON");
    }
}

try {
    const { said = [], ...found } = await checks[what](parsed(await readFile(path, "utf8")));
    said.forEach((line) => console.log(line));
    console.log(JSON.stringify(found));
} catch (error) {
    const place = error.seq === undefined ? "" : ` at entry ${error.seq}`;
    const detail = error.message && `: ${error.message}`;
    console.error(error.code ? `${error.code}${place}${detail}` : error);
    process.exitCode = 1;
}
