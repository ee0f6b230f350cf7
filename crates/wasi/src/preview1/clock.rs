use std::time::Duration;

use crate::{
    WasiCtx,
    abi::types::{Clockid, Errno, Timestamp},
    error::Result,
};

pub(super) fn resolution(ctx: &WasiCtx, id: Clockid) -> Result<Timestamp> {
    time(ctx, id)?;
    Ok(timestamp(ctx.clocks.resolution()))
}

pub(super) fn time(ctx: &WasiCtx, id: Clockid) -> Result<Timestamp> {
    let time = match id {
        Clockid::Realtime => ctx.clocks.realtime(),
        Clockid::Monotonic => ctx.clocks.monotonic(),
        Clockid::ProcessCputimeId | Clockid::ThreadCputimeId => ctx.clocks.cpu_time().ok_or(Errno::Inval)?,
    };
    Ok(timestamp(time))
}

/// Nanoseconds, which reach to the year 2554.
fn timestamp(time: Duration) -> Timestamp {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
