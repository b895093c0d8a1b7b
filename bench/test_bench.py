"""What the bench makes of what it measured. `python3 -m unittest discover bench`"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import process  # noqa: E402
import report  # noqa: E402
import scenarios  # noqa: E402
from figures import Spread, number, ratios  # noqa: E402
from process import Failed, Process  # noqa: E402
from results import Measurement, Results  # noqa: E402
from scale import Scale  # noqa: E402
from scenarios import Scenario, profile, store  # noqa: E402
from targets import TARGETS, Target  # noqa: E402
from turns import turn  # noqa: E402

STORE = """opened 21 MiB in 3.2ms
1000000 messages before, in 11.2 s
 in flight   messages/s CPU us/message     p50 ms     p99 ms
        32        12000           20.1       2.50       4.10
       256        61000           11.5       3.90       7.70
      1024        90000            9.9      10.90      18.20
        32        12500           20.0       2.40       4.00
       256        62000           11.4       3.80       7.60
      1024        91000            9.8      10.80      18.10
one channel at a time from 256 tasks: 50000 messages/s, 12.0 CPU us/message
bytes on disk per message: 181.2, of 1600000 messages
last 50 messages: p50 41.5 us, p99 90.1 us
50 before a place: p50 60.2 us, p99 120.3 us
last 50 messages, many at once: 30.0 CPU us
list of a user in 20 channels, many at once: 99.0 CPU us
list of a user in 20 channels: p50 120.5 us, p99 200.0 us
list of a user in all 10000 channels: p50 40.00 ms
facts of 32 commands: p50 50.0 us
opened 300 MiB and a log of 60 MiB after a kill, 120000 not folded: 210.5ms, 200.0ms of CPU
"""


def results(measurements: list[Measurement], named: dict[str, str] | None = None) -> Results:
    names = named or {one.scenario: "something that is measured" for one in measurements}
    return Results("today", "make bench", 4, False, {"processor": "one"}, {"rialto": "abc"}, names, measurements)


def measured(scenario: str, subject: str, figure: str, *values: float) -> list[Measurement]:
    return [Measurement(scenario, subject, place, {figure: value}) for place, value in enumerate(values)]


class Figures(unittest.TestCase):
    def test_a_spread_is_the_median_and_the_range(self):
        self.assertEqual(Spread.of([3.0, 1.0, 2.0, 10.0]), Spread(2.5, 1.0, 10.0, 4))
        self.assertEqual(str(Spread.of([3.0, 1.0, 2.0])), "2 (1–3)")
        self.assertEqual(str(Spread.of([1234.5])), "1,230")
        self.assertIsNone(Spread.of([]))

    def test_numbers_have_three_digits_that_matter(self):
        self.assertEqual([number(value) for value in (0, 0.8312, 12.34, 614, 88_123, 1_234_567)], ["0", "0.831", "12.3", "614", "88,100", "1,230,000"])

    def test_ratios_are_taken_within_a_round(self):
        self.assertEqual(ratios({0: 10.0, 1: 30.0, 3: 8.0}, {0: 5.0, 1: 10.0, 2: 1.0}), [2.0, 3.0])


class Reading(unittest.TestCase):
    def test_the_stores_figures_are_those_of_the_warm_turn(self):
        figures = store.read(STORE)
        self.assertEqual([figures[name] for name in ("stored_per_s_256", "p99_ms_256", "stored_per_s_1024")], [62_000, 7.6, 91_000])
        self.assertEqual([figures[name] for name in ("bytes_per_message", "page_us", "older_page_us", "first_payload_us", "reopened_ms")], [181.2, 41.5, 60.2, 120.5, 210.5])

    def test_a_store_that_says_less_is_a_failure_that_names_what_is_missing(self):
        with self.assertRaisesRegex(Failed, "page_us, reopened_ms"):
            store.read(STORE.replace("last 50 messages: p50", "").replace("after a kill", ""))

    def test_samples_are_told_by_thread_and_kind_of_work(self):
        said = """
    40.00%  rialto-shard-0   [k] tcp_sendmsg_locked
    20.00%  rialto-shard-1   [.] rialto_edge::realtime::shard::Shard::run
    11.00%  store-write      [.] sqlite3VdbeExec
     3.00%  store-write      [k] ext4_sync_file
     2.00%  store-write      [.] _mi_page_retire
     4.00%  store-write      [.] __memmove_avx_unaligned_erms
"""
        self.assertEqual(
            profile.shares(said),
            {
                "rialto-shard": {"kernel: sockets": 50.0, "sockets and connections (rialto_edge)": 25.0},
                "store-write": {"SQLite": 13.75, "kernel: files and fsync": 3.75, "allocation": 2.5, "copying and comparing": 5.0},
            },
        )

    def test_memory_belongs_to_the_code_of_ours_that_is_nearest_to_the_allocator(self):
        tree = """heap_tree=detailed
n2: 118 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
 n2: 110 0x1: alloc (library/std/src/alloc.rs:455)
  n1: 100 0x2: push (/home/ana/rialto/crates/edge/src/realtime/outbox.rs:5)
   n0: 100 0x3: run (/home/ana/rialto/crates/edge/src/realtime/shard.rs:9)
  n0: 10 0x4: insert (crates/edge/src/realtime/rooms.rs:7)
 n1: 7 0x5: sqlite3MemMalloc (/home/ana/sqlite3.c:5)
  n0: 7 0x6: open (crates/adapters/src/embedded/store/mod.rs:7)
 n0: 1 in 3 places, all below massif's threshold (0.00%)
"""
        found = {"edge/src/realtime/outbox.rs": 100.0, "edge/src/realtime/rooms.rs": 10.0, "SQLite": 7.0, "other": 1.0}
        self.assertEqual(profile.heap(tree.splitlines()), found)


class Verdicts(unittest.TestCase):
    def test_a_bound_is_kept_by_the_median(self):
        most = Target("a", "a", "", lambda _: None, 100, 40)
        least = Target("a", "a", "", lambda _: None, 20, 35, is_least=True)
        self.assertEqual([most.verdict(Spread.of([value])) for value in (30, 100, 101)], ["met, and the stretch", "met", "**not met**"])
        self.assertEqual([least.verdict(Spread.of([value])) for value in (19, 20, 35)], ["**not met**", "met", "met, and the stretch"])
        self.assertEqual(least.verdict(None), "not measured")

    def test_every_target_asks_for_a_figure_that_some_scenario_has(self):
        subjects = {one.name: set(one.subjects) for one in scenarios.every()}
        asked = []

        class Asked:
            def spread(self, scenario, subject, figure):
                asked.append((scenario, [subject], figure))

            def ratio(self, scenario, over, under, figure):
                asked.append((scenario, [over, under], figure))

        for target in TARGETS:
            target.figure(Asked())
        self.assertEqual(len(asked), len(TARGETS))
        for scenario, named, figure in asked:
            self.assertLessEqual(set(named), subjects[scenario])
            self.assertIn(figure, report.NAMES)


class Writing(unittest.TestCase):
    def test_a_target_that_is_not_met_is_explained_in_peoples_words(self):
        found = results(measured("rooms-100", "rialto", "cpu_us", 1.0, 1.2, 0.8, 1.0) + measured("rooms-100", "socket.io", "cpu_us", 16.0, 15.6, 12.0, 15.0))
        text = report.render(found, "# Anything\n## rooms of 100, saturated\nThe cores are shared.\n\n## Growth\nNothing grows.\n")
        self.assertIn("| ≥ 20× (stretch 35) | 15 (13–16)× | **not met** |", text)
        self.assertIn("- **rooms of 100, saturated**: The cores are shared.", text)
        self.assertIn("## Growth\nNothing grows.", text)
        self.assertIn("| rooms-100 | socket.io | server CPU µs per delivery | 15 (13–16)× |", text)

    def test_what_failed_is_told(self):
        text = report.render(results([Measurement("rooms-100", "ws", 2, failure="it did not start")]), "")
        self.assertIn("- rooms-100, ws, round 3: it did not start", text)
        self.assertIn("not measured", text)

    def test_results_are_read_as_they_were_kept(self):
        found = results([Measurement("rooms-10", "rialto", 0, {"cpu_us": 2.0, "threads_us": {"rialto-shard-0": 1.0, "rialto-shard-1": 0.5}})])
        with tempfile.TemporaryDirectory() as place:
            found.save(Path(place) / "results.json")
            again = Results.load(Path(place) / "results.json")
        self.assertEqual(again, found)
        self.assertIn("`rialto-shard` 1.5", report.render(again, ""))


class Running(unittest.TestCase):
    def test_a_subject_that_fails_does_not_stop_the_others(self):
        def fails(_):
            raise Failed("no luck")

        def breaks(_):
            raise KeyError("load")

        found = results([])
        turn(found, Scenario("s", "s", {"a": fails, "b": breaks, "c": lambda _: {"cpu_us": 1.0}}), 0, Scale(quick=True))
        self.assertEqual([(one.subject, one.failure, one.figures) for one in found.measurements], [("a", "no luck", {}), ("b", "KeyError: 'load'", {}), ("c", "", {"cpu_us": 1.0})])

    def test_a_program_is_ready_when_it_says_so_and_ends_with_its_block(self):
        with Process([sys.executable, "-uc", "import time; print('noise'); print('at home'); time.sleep(600)"], ready="at ") as program:
            self.assertEqual(program.told, "home")
            pid = program.pid
        self.assertFalse(Path(f"/proc/{pid}").exists())

    def test_a_program_that_ends_instead_of_being_ready_tells_why(self):
        with self.assertRaisesRegex(Failed, "did not start: out of luck"):
            Process([sys.executable, "-c", "import sys; sys.exit('out of luck')"], ready="at ")
        with self.assertRaisesRegex(Failed, "ended with 3: oh"):
            process.run([sys.executable, "-c", "import sys; print('oh'); sys.exit(3)"], within=60)

    def test_the_scenarios_can_be_listed(self):
        said = subprocess.run([sys.executable, str(Path(__file__).parent), "--list"], capture_output=True, text=True, check=True)
        self.assertIn("rooms-1000", said.stdout)


if __name__ == "__main__":
    unittest.main()
