//! Lets the addon's N-API symbols be resolved by the host process at load time.

fn main() {
    napi_build::setup();
}
