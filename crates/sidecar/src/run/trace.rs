//! The Chrome trace format, which Perfetto and chrome://tracing open. Source: "Trace Event Format" of the Chromium project.
//!
//! `chromeTrace` of the npm package writes the same from TypeScript.

use hotcell_protocol::Phases;
use serde_json::{Value, json};

/// The run as one slice, named as the program is, with a slice for each span within it. Times are microseconds.
pub fn chrome_trace(program: &str, phases: &Phases) -> Value {
    let (pid, tid) = (std::process::id(), 1);
    let metadata =
        |name: &str, value: &str| json!({ "name": name, "ph": "M", "pid": pid, "tid": tid, "args": { "name": value } });
    let slice = |name: &str, category: &str, start: f64, end: f64, args: Value| {
        let (ts, end) = (on_grid(start), on_grid(end));
        json!({ "name": name, "cat": category, "ph": "X", "ts": ts, "dur": end - ts, "pid": pid, "tid": tid, "args": args })
    };
    let end = phases.spans.last().map_or(0.0, |span| span.start_us + span.duration_us);
    let warm_worker = if phases.warm_worker { "hit" } else { "miss" };
    let mut events = vec![
        metadata("process_name", "hotcell"),
        metadata("thread_name", program),
        slice(program, "run", 0.0, end, json!({ "warm_worker": warm_worker, "received_ms": phases.received_ms })),
    ];
    events.extend(
        phases
            .spans
            .iter()
            .map(|span| slice(span.phase.name(), "phase", span.start_us, span.start_us + span.duration_us, json!({}))),
    );
    json!({ "traceEvents": events, "displayTimeUnit": "ns" })
}

/// To a 64th of a microsecond, which floating point holds exactly: a viewer that adds start and duration up, or makes whole
/// nanoseconds of them, never finds two slices that overlap.
fn on_grid(us: f64) -> f64 {
    (us * 64.0).round() / 64.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell_protocol::{Phase, PhaseSpan};

    #[test]
    fn slices_lie_within_the_runs_and_do_not_overlap() {
        let mut start_ns = 0;
        let spans = Phase::ALL.map(|phase| {
            let duration_ns = 1 + 997 * (phase as u64);
            let span = PhaseSpan { phase, start_us: start_ns as f64 / 1e3, duration_us: duration_ns as f64 / 1e3 };
            start_ns += duration_ns;
            span
        });
        let trace = chrome_trace("a.js", &Phases { spans: spans.into(), warm_worker: true, received_ms: 1.5 });
        let events = trace["traceEvents"].as_array().unwrap();
        // As viewers do it: whole nanoseconds, the fraction cut off.
        let nanoseconds = |event: &Value, field: &str| (event[field].as_f64().unwrap() * 1e3) as u64;
        let slices: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
        let (run, phases) = slices.split_first().unwrap();
        assert_eq!((run["name"].as_str(), run["args"]["warm_worker"].as_str()), (Some("a.js"), Some("hit")));
        let mut end = 0;
        for (event, phase) in phases.iter().zip(Phase::ALL) {
            assert_eq!(event["name"], phase.name());
            assert!(nanoseconds(event, "ts") >= end, "{event}");
            end = nanoseconds(event, "ts") + nanoseconds(event, "dur");
        }
        assert_eq!(phases.len(), Phase::ALL.len());
        assert!(end <= nanoseconds(run, "dur") && nanoseconds(run, "dur").abs_diff(start_ns) < 20, "{run}");
    }

    #[test]
    fn run_without_spans_is_a_trace_too() {
        let trace = chrome_trace("a.js", &Phases::default());
        assert_eq!(trace["traceEvents"].as_array().unwrap().len(), 3);
    }
}
