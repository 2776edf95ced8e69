// A violation of the format. `code` is one of the page's table, section 11.
export class Fault extends Error {
    constructor(code, detail = "") {
        super(detail);
        this.code = code;
    }
}

export function require(condition, code, detail) {
    if (!condition) throw new Fault(code, detail);
}
