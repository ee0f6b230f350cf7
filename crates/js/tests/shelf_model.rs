//! The hand-off between a pool's threads under a model checker: the shelf's own source, with shuttle's threads and locks, in
//! thousands of schedules each. A schedule in which somebody waits for ever fails as a deadlock.

#[path = "../src/shelf.rs"]
mod shelf;

use crate::harness::trials;
use crate::sync::{Arc, mpsc, thread};
use shelf::{Claimed, Shelf, Transition, Workers};
use shuttle::thread::{spawn, yield_now};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

trials![
    errands_are_done_once_each_whatever_the_schedule,
    errands_are_done_or_refused_where_workers_can_not_be_made,
    errands_are_done_where_the_shelf_is_evicted_meanwhile,
    claims_wait_for_no_refill_and_no_disposal,
    shelf_parks_as_many_as_it_keeps,
    refill_makes_none_while_an_errand_waits,
];

/// What a worker does with its errand.
type Errand = usize;

/// What became of an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done { hit: bool },
    Refused,
}

/// What holds a worker up.
type Gate = Box<dyn Fn() + Send + Sync>;

/// Workers that are made, do errands and are taken down in no time, but for what the schedule puts in between.
struct Model {
    ends: mpsc::Sender<(Errand, End)>,
    /// Told when the last worker has gone, and the shelf with it.
    gone: mpsc::Sender<()>,
    /// The making of the worker with that number fails.
    fails: fn(usize) -> bool,
    /// What the making of the worker with that number waits for.
    making: BTreeMap<usize, Gate>,
    /// What a worker waits for once it has told of that errand's end.
    disposal: BTreeMap<Errand, Gate>,
    // Those of std, since what the test counts is no part of what it tests.
    most_being_made: usize,
    numbers: AtomicUsize,
    being_made: AtomicUsize,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    transitions: Vec<Transition>,
}

impl Seen {
    fn count(&self, transition: Transition) -> usize {
        self.transitions.iter().filter(|seen| **seen == transition).count()
    }
}

impl Workers for Model {
    type Errand = Errand;

    fn stack_bytes(&self) -> usize {
        4 << 20
    }

    fn work(&self, claim: impl FnOnce() -> Option<Claimed<Errand>>) -> Result<(), String> {
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        let being_made = self.being_made.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(being_made <= self.most_being_made, "{being_made} are being made at once");
        yield_now();
        if let Some(gate) = self.making.get(&number) {
            gate();
        }
        self.being_made.fetch_sub(1, Ordering::SeqCst);
        if (self.fails)(number) {
            return Err("the model's".into());
        }
        if let Some(Claimed { errand, hit }) = claim() {
            self.ends.send((errand, End::Done { hit })).unwrap();
            if let Some(gate) = self.disposal.get(&errand) {
                gate();
            }
        }
        yield_now();
        Ok(())
    }

    fn refuse(&self, errand: Errand, reason: &str) {
        assert!(reason.contains("the model"), "{reason}");
        self.ends.send((errand, End::Refused)).unwrap();
    }

    fn note(&self, transition: Transition) {
        self.seen.lock().unwrap().transitions.push(transition);
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.gone.send(()).unwrap();
    }
}

/// A shelf of a model, and what is heard of it.
struct Scene {
    shelf: Arc<Shelf<Model>>,
    ends: mpsc::Receiver<(Errand, End)>,
    gone: mpsc::Receiver<()>,
    seen: Arc<Mutex<Seen>>,
}

impl Scene {
    fn new(capacity: usize) -> Self {
        Self::with(capacity, |_| {})
    }

    fn with(capacity: usize, adjust: impl FnOnce(&mut Model)) -> Self {
        thread::set_left(usize::MAX);
        let (ends_sender, ends) = mpsc::channel();
        let (gone_sender, gone) = mpsc::channel();
        let seen = Arc::new(Mutex::default());
        let mut model = Model {
            ends: ends_sender,
            gone: gone_sender,
            fails: |_| false,
            making: BTreeMap::new(),
            disposal: BTreeMap::new(),
            most_being_made: 2,
            numbers: AtomicUsize::new(0),
            being_made: AtomicUsize::new(0),
            seen: Arc::clone(&seen),
        };
        adjust(&mut model);
        let most_being_made = model.most_being_made;
        Self { shelf: Shelf::new(model, capacity, most_being_made), ends, gone, seen }
    }

    /// A thread that does this with the shelf, as the carriers' threads and the keeper's do.
    fn beside(&self, body: impl FnOnce(&Arc<Shelf<Model>>) + Send + 'static) -> shuttle::thread::JoinHandle<()> {
        let shelf = Arc::clone(&self.shelf);
        spawn(move || body(&shelf))
    }

    /// How that many errands end, which each does once.
    fn ends(&self, errands: usize) -> BTreeMap<Errand, End> {
        let mut ends = BTreeMap::new();
        for _ in 0..errands {
            let (errand, end) = self.ends.recv().unwrap();
            assert_eq!(ends.insert(errand, end), None, "errand {errand} ends twice");
        }
        ends
    }

    /// Gives the shelf up and waits until every worker has gone; what was seen until then.
    fn close(self) -> Seen {
        let Self { shelf, ends, gone, seen } = self;
        shelf.evict();
        drop(shelf);
        gone.recv().unwrap();
        assert!(ends.try_recv().is_err(), "an errand ended that nobody waited for");
        let seen = seen.lock().unwrap().clone();
        let parked = seen.count(Transition::Park);
        let claimed = seen.count(Transition::ClaimHit);
        assert_eq!(parked, claimed + seen.count(Transition::Evict), "{seen:?}");
        seen
    }
}

/// In random schedules, and in such as find bugs of few steps sooner.
fn in_all_schedules(scene: impl Fn() + Send + Sync + Copy + 'static) {
    shuttle::check_random(scene, 1500);
    shuttle::check_pct(scene, 1500, 3);
}

fn join(threads: impl IntoIterator<Item = shuttle::thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

fn claim_all(errands: std::ops::Range<Errand>) -> impl FnOnce(&Arc<Shelf<Model>>) + Send + 'static {
    move |shelf| {
        errands.for_each(|errand| {
            shelf.claim(errand);
        });
    }
}

fn refill_times(times: usize) -> impl FnOnce(&Arc<Shelf<Model>>) + Send + 'static {
    move |shelf| {
        for _ in 0..times {
            shelf.refill();
        }
    }
}

fn errands_are_done_once_each_whatever_the_schedule() {
    in_all_schedules(|| {
        let scene = Scene::new(2);
        let threads = [
            scene.beside(claim_all(0..3)),
            scene.beside(claim_all(3..5)),
            scene.beside(refill_times(3)),
            scene.beside(|shelf| (0..3).for_each(|_| assert!(shelf.free() <= 2, "more are parked than are kept"))),
        ];
        let ends = scene.ends(5);
        join(threads);
        let hits = ends.values().filter(|end| **end == End::Done { hit: true }).count();
        let misses = ends.values().filter(|end| **end == End::Done { hit: false }).count();
        let seen = scene.close();
        assert_eq!((seen.count(Transition::ClaimHit), seen.count(Transition::ClaimMiss)), (hits, misses));
        assert_eq!(hits + misses, 5);
    });
}

fn errands_are_done_or_refused_where_workers_can_not_be_made() {
    in_all_schedules(|| {
        let scene = Scene::with(1, |model| model.fails = |number| number % 2 == 0);
        let threads = [scene.beside(claim_all(0..3)), scene.beside(claim_all(3..5)), scene.beside(refill_times(2))];
        scene.ends(5);
        join(threads);
        scene.close();
    });
    // Nor threads for them, however many wait.
    no_threads(1);
    no_threads(2);
}

fn no_threads(most_being_made: usize) {
    in_all_schedules(move || {
        let scene = Scene::with(2, |model| model.most_being_made = most_being_made);
        scene.shelf.refill();
        thread::set_left(1);
        let threads = [scene.beside(claim_all(0..4)), scene.beside(refill_times(2))];
        let ends = scene.ends(4);
        join(threads);
        assert!(ends.values().filter(|end| **end == End::Refused).count() >= 2, "{ends:?}");
        scene.close();
    });
}

fn errands_are_done_where_the_shelf_is_evicted_meanwhile() {
    in_all_schedules(|| {
        let scene = Scene::new(2);
        scene.shelf.refill();
        scene.shelf.refill();
        let threads =
            [scene.beside(claim_all(0..3)), scene.beside(refill_times(2)), scene.beside(|shelf| shelf.evict())];
        let ends = scene.ends(3);
        join(threads);
        assert!(ends.values().all(|end| matches!(end, End::Done { .. })), "{ends:?}");
        scene.close();
    });
}

/// A gate that opens when its other end is told or dropped.
fn gate() -> (Gate, mpsc::Sender<()>) {
    let (open, opened) = mpsc::channel();
    let opened = crate::sync::Mutex::new(opened);
    let gate = Box::new(move || {
        let _ = opened.lock().unwrap().recv();
    });
    (gate, open)
}

fn claims_wait_for_no_refill_and_no_disposal() {
    in_all_schedules(|| {
        let (making, made) = gate();
        let (disposal, disposed) = gate();
        let scene = Scene::with(2, |model| {
            // The third worker, and the one that did the first errand.
            model.making.insert(2, making);
            model.disposal.insert(0, disposal);
        });
        assert!(scene.shelf.refill() && scene.shelf.refill());
        scene.shelf.claim(0);
        assert_eq!(scene.ends(1)[&0], End::Done { hit: true });
        let keeper = scene.beside(refill_times(1));
        scene.shelf.claim(1);
        // While a worker is made for the shelf and another is taken down.
        assert_eq!(scene.ends(1)[&1], End::Done { hit: true });
        drop((made, disposed));
        join([keeper]);
        scene.close();
    });
}

fn shelf_parks_as_many_as_it_keeps() {
    in_all_schedules(|| {
        let scene = Scene::new(2);
        assert!(scene.shelf.has_room());
        let keepers = [scene.beside(refill_times(2)), scene.beside(refill_times(2))];
        join(keepers);
        while scene.shelf.refill() {}
        assert_eq!(scene.shelf.free(), 2);
        assert!(!scene.shelf.claim(0), "one is left");
        assert!(scene.shelf.claim(1), "none is left");
        scene.ends(2);
        while scene.shelf.refill() {}
        let seen = scene.close();
        assert_eq!((seen.count(Transition::Seed), seen.count(Transition::Refill)), (2, 2), "{seen:?}");
        assert_eq!((seen.count(Transition::Park), seen.count(Transition::Evict)), (4, 2), "{seen:?}");
    });
}

fn refill_makes_none_while_an_errand_waits() {
    in_all_schedules(|| {
        let (making, made) = gate();
        let scene = Scene::with(1, |model| drop(model.making.insert(0, making)));
        assert!(scene.shelf.claim(0), "nobody is parked");
        assert!(!scene.shelf.refill(), "the errand comes first");
        drop(made);
        assert_eq!(scene.ends(1)[&0], End::Done { hit: false });
        scene.close();
    });
}
