// npm run pack: packs the package with zumo-jwt.node as dist/zumo-jwt-VERSION.tgz, for platforms like this one.
import { filesOf, manifest, pack } from './packing.mjs'

const { platform, arch, report } = process
const libc = report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
const only = { os: [platform], cpu: [arch], ...(platform === 'linux' && { libc: [libc] }) }
pack('dist', { ...manifest, ...only }, filesOf(manifest))
