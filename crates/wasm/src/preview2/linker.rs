use super::bindings::hotcell::app::notify;
use super::bindings::wasi::filesystem::{preopens, types};
use super::context::ComponentState;
use hotcell_protocol::ReadyWhen;
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Engine, Result};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, random, sockets};
use wasmtime_wasi::random::WasiRandom;
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};

/// Everything that components can import.
///
/// Sockets are there, since wasi-libc's programs import them whether they use them or not; none can be made.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<ComponentState>> {
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(l)?;
    random::insecure::add_to_linker::<_, WasiRandom>(l, |state: &mut ComponentState| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(l, |state: &mut ComponentState| state.ctx().ctx.random())?;
    cli::environment::add_to_linker::<_, WasiCli>(l, ComponentState::cli)?;
    cli::exit::add_to_linker::<_, WasiCli>(l, ComponentState::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(l, ComponentState::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(l, ComponentState::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(l, ComponentState::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(l, ComponentState::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(l, ComponentState::cli)?;
    sockets::network::add_to_linker::<_, WasiSockets>(
        l,
        &sockets::network::LinkOptions::default(),
        ComponentState::sockets,
    )?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(l, ComponentState::sockets)?;
    sockets::ip_name_lookup::add_to_linker::<_, WasiSockets>(l, ComponentState::sockets)?;
    sockets::tcp::add_to_linker::<_, WasiSockets>(l, ComponentState::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(l, ComponentState::sockets)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(l, ComponentState::sockets)?;
    sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(l, ComponentState::sockets)?;
    types::add_to_linker::<_, HasSelf<ComponentState>>(l, |state| state)?;
    preopens::add_to_linker::<_, HasSelf<ComponentState>>(l, |state| state)?;
    notify::add_to_linker::<_, HasSelf<ComponentState>>(l, |state| state)?;
    Ok(linker)
}

impl notify::Host for ComponentState {
    fn ready(&mut self) -> Result<()> {
        if self.guest.ready_when() == Some(ReadyWhen::Import) {
            self.guest.mark_ready();
        }
        Ok(())
    }
}
