// Reads JSON texts from standard input, one a line, and writes the canonical form
// (RFC 8785) of each, or "refused" where JSON.parse refuses it.
'use strict'

// canonical leaves strings and numbers to JSON.stringify, as RFC 8785 does, and
// sorts names by UTF-16 code units, as sort does. It builds no object again:
// names like "2" and "__proto__" would then be special.
function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return '[' + value.map(canonical).join(',') + ']'
  return '{' + Object.keys(value).sort().map(name => JSON.stringify(name) + ':' + canonical(value[name])).join(',') + '}'
}

function answer(line) {
  try {
    return canonical(JSON.parse(line))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return 'refused'
  }
}

// The module readline would also break lines at U+2028 and U+2029.
const lines = require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1)
process.stdout.write(lines.map(line => answer(line) + '\n').join(''))
