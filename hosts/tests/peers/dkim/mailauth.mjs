// mailauth behind the command of dkimpy.py, which says what it prints and writes. NODE_PATH does not reach ES modules:
// the package is found from the folder in MAILAUTH.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';

const require = createRequire(process.env.MAILAUTH + '/');
const { dkimVerify } = require('mailauth/lib/dkim/verify.js');
const { dkimSign } = require('mailauth/lib/dkim/sign.js');

function zone(path) {
    const records = new Map();
    for (const line of readFileSync(path, 'latin1').split('\n').slice(0, -1)) {
        const space = line.indexOf(' ');
        const octets = line.slice(space + 1).replace(/\\x(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
        const name = line.slice(0, space);
        records.set(name, [...(records.get(name) ?? []), [octets]]);
    }
    return async (name) => {
        const found = records.get(name.replace(/\.$/, '').toLowerCase());
        const code = { '!nodata': 'ENODATA', '!servfail': 'ESERVFAIL' }[found?.[0][0]] ?? (found ? null : 'ENOTFOUND');
        if (code) throw Object.assign(new Error(code), { code });
        return found;
    };
}

async function verify(path, ...mails) {
    const resolver = zone(path);
    for (const mail of mails) {
        try {
            const { results } = await dkimVerify(readFileSync(mail), { resolver, minBitLength: 1024 });
            const bad = results.find(({ status }) => status.result !== 'pass');
            console.log(bad ? `fail ${bad.status.result} ${bad.status.comment ?? ''}` : 'pass');
        } catch (error) {
            console.log('raises', String(error).replace(/\s+/g, ' '));
        }
    }
}

async function sign(selector, signingDomain, key, algorithm, header, body, ...mails) {
    const privateKey = readFileSync(key, 'utf8');
    for (const mail of mails) {
        const message = readFileSync(mail);
        const options = { canonicalization: `${header}/${body}`, algorithm, signatureData: [{ signingDomain, selector, privateKey }] };
        const { signatures, errors } = await dkimSign(message, options);
        if (errors.length) throw errors[0].err ?? errors[0];
        writeFileSync(mail + '.signed', Buffer.concat([Buffer.from(signatures), message]));
    }
}

await { verify, sign }[process.argv[2]](...process.argv.slice(3));
