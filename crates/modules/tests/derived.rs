use crate::cache::bounds;
use hotcell_modules::{BlobDigest, CacheBounds, Claim, DerivedCache, Flight, MakeTicket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

type Cache = DerivedCache<String, String>;

const PROGRAM: BlobDigest = BlobDigest([1; 32]);

fn ticket(cache: &Cache, digest: BlobDigest) -> MakeTicket<String, String> {
    match cache.claim(digest) {
        Claim::Make(ticket) => ticket,
        other => panic!("expected to make it, but got {other:?}"),
    }
}

fn flight(cache: &Cache, digest: BlobDigest) -> Flight<String, String> {
    match cache.claim(digest) {
        Claim::Wait(flight) => flight,
        other => panic!("expected to wait, but got {other:?}"),
    }
}

fn is_ready(cache: &Cache, digest: BlobDigest) -> bool {
    matches!(cache.claim(digest), Claim::Ready(_))
}

fn size(cache: &Cache) -> (usize, u64) {
    let stats = cache.stats();
    (stats.entries, stats.bytes)
}

#[test]
fn get_or_make_makes_once_and_shares() {
    let cache = Cache::new(CacheBounds::default());
    let first = cache.get_or_make(PROGRAM, || Ok(("made".into(), 4))).unwrap();
    let second = cache.get_or_make(PROGRAM, || panic!("made twice")).unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(size(&cache), (1, 4));
}

#[test]
fn get_or_make_makes_once_however_many_ask_at_the_same_time() {
    let cache = Cache::new(CacheBounds::default());
    let made = AtomicUsize::new(0);
    let start = Barrier::new(8);
    let values: Vec<Arc<String>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    cache
                        .get_or_make(PROGRAM, || {
                            made.fetch_add(1, Ordering::Relaxed);
                            Ok(("made".into(), 1))
                        })
                        .unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(made.into_inner(), 1);
    assert!(values.iter().all(|value| Arc::ptr_eq(value, &values[0])));
}

#[test]
fn made_wakes_those_who_wait() {
    let cache = Cache::new(CacheBounds::default());
    let ticket = ticket(&cache, PROGRAM);
    let flights: Vec<_> = (0..3).map(|_| flight(&cache, PROGRAM)).collect();
    assert_eq!(flights[0].result(), None);
    let waiters: Vec<_> = flights.into_iter().map(|flight| thread::spawn(move || flight.wait())).collect();
    let value = ticket.made("made".into(), 1);
    for waiter in waiters {
        let seen = waiter.join().unwrap().unwrap().unwrap();
        assert!(Arc::ptr_eq(&seen, &value));
    }
}

#[test]
fn failed_reaches_those_who_wait_and_is_forgotten() {
    let cache = Cache::new(CacheBounds::default());
    let ticket = ticket(&cache, PROGRAM);
    let flight = flight(&cache, PROGRAM);
    ticket.failed("not WebAssembly".into());
    assert_eq!(flight.wait(), Some(Err("not WebAssembly".into())));
    assert_eq!(*cache.get_or_make(PROGRAM, || Ok(("made".into(), 1))).unwrap(), "made");
}

#[test]
fn get_or_make_returns_the_failure_of_its_own_attempt() {
    let cache = Cache::new(CacheBounds::default());
    assert_eq!(cache.get_or_make(PROGRAM, || Err("broken".into())), Err("broken".into()));
    assert_eq!(size(&cache), (0, 0));
}

#[test]
fn dropped_ticket_lets_one_who_waited_take_over() {
    let cache = Cache::new(CacheBounds::default());
    let ticket = ticket(&cache, PROGRAM);
    let waiting = flight(&cache, PROGRAM);
    let made = Arc::new(AtomicUsize::new(0));
    let takers: Vec<_> = (0..3)
        .map(|_| {
            let (cache, made) = (cache.clone(), made.clone());
            thread::spawn(move || {
                cache.get_or_make(PROGRAM, || {
                    made.fetch_add(1, Ordering::Relaxed);
                    Ok(("made by another".into(), 1))
                })
            })
        })
        .collect();
    drop(ticket);
    assert_eq!(waiting.wait(), None);
    for taker in takers {
        assert_eq!(*taker.join().unwrap().unwrap(), "made by another");
    }
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[test]
fn panic_while_making_leaves_the_task_to_others() {
    let cache = Cache::new(CacheBounds::default());
    let panicked = thread::spawn({
        let cache = cache.clone();
        move || cache.get_or_make(PROGRAM, || panic!("expected by the test"))
    });
    assert!(panicked.join().is_err());
    assert_eq!(*cache.get_or_make(PROGRAM, || Ok(("made".into(), 1))).unwrap(), "made");
}

#[test]
fn ended_can_be_waited_for_beside_other_channels() {
    let cache = Cache::new(CacheBounds::default());
    let ticket = ticket(&cache, PROGRAM);
    let flight = flight(&cache, PROGRAM);
    let (kill, killed) = crossbeam_channel::bounded::<()>(1);
    kill.send(()).unwrap();
    crossbeam_channel::select! {
        recv(killed) -> message => message.unwrap(),
        recv(flight.ended()) -> _ => panic!("nothing has ended yet"),
    }
    drop(ticket);
    crossbeam_channel::select! {
        recv(killed) -> _ => panic!("nothing was sent twice"),
        recv(flight.ended()) -> message => assert!(message.is_err()),
    }
}

#[test]
fn bounds_evict_what_was_used_least_recently() {
    let cache = Cache::new(bounds(2, 100));
    let digests = [1, 2, 3].map(|name| BlobDigest([name; 32]));
    for digest in &digests[..2] {
        cache.get_or_make(*digest, || Ok(("made".into(), 10))).unwrap();
    }
    assert!(is_ready(&cache, digests[0]));
    cache.get_or_make(digests[2], || Ok(("made".into(), 90))).unwrap();
    assert!(!is_ready(&cache, digests[1]));
    assert_eq!(size(&cache), (2, 100));
}

#[test]
fn value_heavier_than_the_bound_is_served_but_not_kept() {
    let cache = Cache::new(bounds(2, 100));
    let ticket = ticket(&cache, PROGRAM);
    let flight = flight(&cache, PROGRAM);
    ticket.made("heavy".into(), 101);
    assert_eq!(*flight.wait().unwrap().unwrap(), "heavy");
    assert_eq!(size(&cache), (0, 0));
    assert!(!is_ready(&cache, PROGRAM));
}

#[derive(Default)]
struct CountedWakes(AtomicUsize);

impl Wake for CountedWakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn flight_wakes_each_that_waits_without_a_thread_once() {
    let cache = Cache::new(CacheBounds::default());
    let ticket = ticket(&cache, PROGRAM);
    let wakes = Arc::<CountedWakes>::default();
    let waker = Waker::from(Arc::clone(&wakes));
    let mut context = Context::from_waker(&waker);
    let flights = [ticket.flight(), flight(&cache, PROGRAM)];
    for flight in flights.iter().chain(&flights) {
        assert!(flight.poll_result(&mut context).is_pending());
    }
    ticket.made("made".into(), 4);
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    for flight in &flights {
        assert!(matches!(flight.poll_result(&mut context), Poll::Ready(Some(Ok(value))) if *value == "made"));
    }
}

#[test]
fn flight_that_was_given_up_tells_who_waits_without_a_thread() {
    let cache = Cache::new(CacheBounds::default());
    let ticket = ticket(&cache, PROGRAM);
    let flight = flight(&cache, PROGRAM);
    drop(ticket);
    assert!(matches!(flight.poll_result(&mut Context::from_waker(Waker::noop())), Poll::Ready(None)));
    assert!(matches!(cache.claim(PROGRAM), Claim::Make(_)));
}

#[test]
fn stats_count_what_claims_found() {
    let cache = Cache::new(CacheBounds::default());
    let ticket = ticket(&cache, PROGRAM);
    let _waiting = flight(&cache, PROGRAM);
    ticket.made("made".into(), 4);
    assert!(is_ready(&cache, PROGRAM));
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses), (1, 2));
}
