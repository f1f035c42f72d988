'use strict'

const { join, resolve } = require('node:path')
const ts = require('typescript')

/** Those of `tsc --init`, with Node's types. */
const OPTIONS = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  noEmit: true,
  skipLibCheck: true,
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  types: ['node'],
}

/** What TypeScript in strict mode says of programs, given by their file names in a folder. Writes no file. */
function typeErrors(programs, folder) {
  const sources = Object.fromEntries(
    Object.entries(programs).map(([name, text]) => [resolve(folder, name), text]),
  )
  const host = ts.createCompilerHost(OPTIONS)
  const { fileExists, readFile } = host
  host.fileExists = (file) => Object.hasOwn(sources, file) || fileExists(file)
  host.readFile = (file) => sources[file] ?? readFile(file)
  const program = ts.createProgram(Object.keys(sources), { ...OPTIONS, typeRoots: [TYPES] }, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n')
    return `${file?.fileName}: ${message}`
  })
}

const TYPES = join(__dirname, '../node_modules/@types')

/** The JavaScript of a TypeScript program. */
function withoutTypes(program) {
  return ts.transpileModule(program, { compilerOptions: { ...OPTIONS, module: ts.ModuleKind.ESNext } })
    .outputText
}

module.exports = { typeErrors, withoutTypes }
