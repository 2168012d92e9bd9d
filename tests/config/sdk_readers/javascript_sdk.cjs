// Prints what the JavaScript SDK reads in the files of each folder in argv[2]; argv[3]: where its modules are.
const fs = require("node:fs"), path = require("node:path");
const { loadSharedConfigFiles } = require(require.resolve("@smithy/core/config", { paths: [process.argv[3]] }));
(async () => {
  for (const name of fs.readdirSync(process.argv[2]).sort()) {
    const [filepath, configFilepath] = ["credentials", "config"].map((file) => path.join(process.argv[2], name, file));
    const files = await loadSharedConfigFiles({ filepath, configFilepath, ignoreCache: true });
    const ann = { ...files.configFile.ann, ...files.credentialsFile.ann };
    console.log(name, ann.aws_access_key_id || "-", ann.region || "-");
  }
})();
