// Searches documentation that rustdoc wrote, with rustdoc's own search, as a browser does.
//
// Arguments: the folder of the documentation, then the crate. Standard input has one query a line.
// Standard output has, for each, a line of JSON: the query, and the addresses of its results.

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const [folder, crate] = process.argv.slice(2);

/** The path of the only static file of a name, which has a checksum in it. */
function staticFile(name) {
    const files = fs.readdirSync(path.join(folder, "static.files"));
    const found = files.filter(file => new RegExp(`^${name}-[0-9a-f]+\\.js$`).test(file));
    if (found.length !== 1) {
        throw new Error(`${folder}: ${found.length} files ${name}: has rustdoc a new format?`);
    }
    return path.resolve(folder, "static.files", found[0]);
}

/** Runs a file of the index, which calls one of the functions that the search made global. */
function run(...names) {
    const file = path.join(folder, "search.index", ...names);
    vm.runInThisContext(fs.readFileSync(`${file}.js`, "utf8"));
}

async function main() {
    // A function of another script of the page.
    globalThis.nonnull = (value, message) => {
        if (value === null || value === undefined) {
            throw new Error(message ?? "unexpected null");
        }
        return value;
    };
    const { Stringdex, RoaringBitmap } = require(staticFile("stringdex"));
    const { initSearch } = require(staticFile("search"));
    const { docSearch, DocSearch } = await initSearch(Stringdex, RoaringBitmap, {
        loadRoot: callbacks => {
            Object.assign(globalThis, callbacks);
            run("root");
        },
        loadTreeByHash: hash => run(hash),
        loadDataByNameAndHash: (name, hash) => run(name, hash),
    });
    const queries = fs.readFileSync(0, "utf8").split("\n").filter(line => line !== "");
    for (const query of queries) {
        const results = await docSearch.execQuery(DocSearch.parseQuery(query), null, crate);
        const found = [];
        for await (const item of results.others) {
            found.push(item.href);
        }
        console.log(JSON.stringify({ query, found }));
    }
}

main().catch(error => {
    console.error(error);
    process.exit(1);
});
