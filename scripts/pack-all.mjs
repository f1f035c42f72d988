// npm run pack:all [-- TRIPLE...]: builds for these targets or for all, and packs what npm publishes into dist/npm.
import './build-target.mjs'
import './pack-npm.mjs'
