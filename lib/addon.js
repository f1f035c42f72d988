'use strict'

module.exports = load()

function load() {
  try {
    return require('../binding.js')
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}`
    throw new Error(
      `zumo-jwt found no binary that loads on ${platform}: run npm install again on this machine, without ` +
        '--omit=optional, or build one from source (in a clone, with Rust: npm ci) and set ' +
        'NAPI_RS_NATIVE_LIBRARY_PATH to its path.',
      { cause },
    )
  }
}
