// Holds a file against the schema that others wrote for its format: `node .ci/validate.js sarif|cyclonedx FILE`, with the validators in $VALIDATORS.
// What is wrong goes to standard error, and the exit code is 1; without a validator it is 2, lest nothing be taken for a pass.
'use strict';
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { resolve } = require('node:path');

const load = createRequire(resolve(process.env.VALIDATORS, 'package.json'));
const [format, file] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');

async function errors() {
  if (format === 'cyclonedx') {
    const { Spec, Validation } = load('@cyclonedx/cyclonedx-library');
    return new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  }
  // The schema that Microsoft's SARIF tool brings along.
  const schema = readFileSync(load.resolve('@microsoft/sarif-multitool-linux/sarif-2.1.0.json'), 'utf8').replace(/^\uFEFF/, '');
  const ajv = new (load('ajv/dist/2020').default)({ strict: false, allErrors: true });
  load('ajv-formats').default(ajv);
  const validate = ajv.compile(JSON.parse(schema));
  return validate(JSON.parse(text)) ? null : validate.errors;
}

errors().then(
  found => {
    if (found === null) {
      console.log(`${format}: valid`);
    } else {
      console.error(`${format}: ${JSON.stringify(found)}`);
      process.exitCode = 1;
    }
  },
  failure => {
    console.error(failure);
    process.exitCode = 2;
  });
