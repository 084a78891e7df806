import Bytes
import Foundation
import Registry
import Testing

/// Faults at each system call of each act in turn.
@Suite("Faults", .timeLimit(.minutes(30))) struct FaultTests {
    private static let writing: Set<SystemCall> = [
        .create, .write, .sync, .close, .makeFolder, .syncFolder, .rename, .link, .commit,
    ]

    /// All faults of a call: a disk that fails, one that is full, a signal, and fewer bytes than were asked for.
    private static func faults(of call: SystemCall) -> [FaultPlan.Fault] {
        var faults = [FaultPlan.Fault.error(EIO, "EIO")]
        if writing.contains(call) { faults.append(.error(ENOSPC, "ENOSPC")) }
        if call == .read || call == .write { faults += [.error(EINTR, "EINTR"), .short] }
        return faults
    }

    /// Up to this many calls each fails in turn; of more, so many that are spread evenly.
    private static let greatestCount = 240

    private static func places(_ count: Int) -> [Int] {
        guard count > greatestCount else { return Array(0..<count) }
        return (0..<greatestCount).map { $0 * count / greatestCount }
    }

    /// The calls of an undisturbed run.
    private func calls(of act: FaultyAct, in home: FaultHome) async throws -> [CallSeam.Event] {
        try await act.prepare(home)
        try home.keep()
        let plan = FaultPlan()
        try await plan.running { try await act.run(home) }
        try #require(try await home.faults() == [])
        return plan.events
    }

    @Test(
        "at any one system call leave a sound store, say what failed, and are over with the next try",
        arguments: FaultyAct.all)
    func once(act: FaultyAct) async throws {
        let home = try FaultHome(act.description)
        let events = try await calls(of: act, in: home)
        #expect(events.count > 10)
        for place in Self.places(events.count) {
            for fault in Self.faults(of: events[place].call) {
                try home.reset()
                let problem = await problem(with: act, home, FaultPlan(fault, at: place))
                let what = Comment("\(act), call \(place) (\(events[place].call) \(events[place].path)), \(fault)")
                if let problem { expectClear(problem, what) }
                try await expectSound(home, what, knowsDamage: act.description == "repair")
                if fault.description == "EINTR" || fault.description == "short" { #expect(problem == nil, what) }
                let again = await self.problem(with: act, home, FaultPlan())
                #expect(again == nil, what)
                // The act was done on a sound home; that this leaves one is looked at now and then.
                if place.isMultiple(of: 4) { try await expectSound(home, what) }
            }
        }
    }

    /// What a process leaves that can do nothing any more, not even tidy up.
    @Test("of a disk that is gone for good leave a sound store", arguments: FaultyAct.all)
    func forever(act: FaultyAct) async throws {
        let home = try FaultHome(act.description)
        let count = try await calls(of: act, in: home).count
        for place in Self.places(count).filter({ $0.isMultiple(of: 3) }) {
            try home.reset()
            let what = Comment("\(act), all calls from \(place) on")
            if let problem = await problem(with: act, home, FaultPlan(.error(EIO, "EIO"), at: place, .forever)) {
                expectClear(problem, what)
            }
            try await expectSound(home, what, knowsDamage: act.description == "repair")
            let again = await self.problem(with: act, home, FaultPlan())
            // The process that could not end its job in the catalog would be gone; this one, which stands for it, lives.
            if again?.contains("process \(ProcessInfo.processInfo.processIdentifier), which is compressing") == true {
                continue
            }
            #expect(again == nil, what)
            try await expectSound(home, what)
        }
    }

    @Test("that fill the disk say how much was to come and how much is free") func full() async throws {
        let home = try FaultHome("full")
        let events = try await calls(of: .register, in: home)
        let place = try #require(
            events.firstIndex { $0.call == .write && !$0.path.hasSuffix("-turn") && !$0.path.hasSuffix("lock") })
        try home.reset()
        let problem = await problem(with: .register, home, FaultPlan(.error(ENOSPC, "ENOSPC"), at: place))
        let text = try #require(problem)
        #expect(text.contains("bytes more were to be written"))
        #expect(text.contains("bytes free"))
        #expect(text.contains("Free some space there"))
    }

    /// Bytes, then their names, then the catalog: each durable before the next.
    @Test("are prepared for by the order of syncs", arguments: [FaultyAct.register, .convert]) func order(
        act: FaultyAct
    ) async throws {
        let home = try FaultHome("order")
        let events = try await calls(of: act, in: home)
        let commits = events.indices.filter { events[$0].call == .commit }
        let last = try #require(commits.last)
        let renames = events.indices.filter {
            events[$0].call == .rename && events[$0].target?.contains("/blobs/") == true
        }
        #expect(renames.count > 1)
        for rename in renames {
            let event = events[rename]
            let target = try #require(event.target)
            let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
            let synced = events[..<rename].lastIndex { $0.call == .sync && $0.path == event.path }
            let written = events[..<rename].lastIndex { $0.call == .write && $0.path == event.path }
            #expect(try #require(synced) > (try #require(written)), "\(event.path) is renamed before it is durable")
            #expect(commits.contains { $0 > synced ?? 0 && $0 < rename }, "\(target) is not pinned")
            for path in [folder, home.path("home/blobs")] {
                #expect(
                    events[rename..<last].contains { $0.call == .syncFolder && $0.path == path },
                    "the commit comes before \(path) is durable")
            }
        }
        #expect(!events[last...].contains { $0.call == .rename })
    }

    // MARK: What must hold

    private func problem(with act: FaultyAct, _ home: FaultHome, _ plan: FaultPlan) async -> String? {
        do {
            try await plan.running { try await act.run(home) }
            return nil
        } catch { return "\(error)" }
    }

    /// What, on which file, and what to do: two sentences, one with a path.
    private func expectClear(_ problem: String, _ what: Comment) {
        #expect(problem.contains("/"), "\(what): \(problem)")
        #expect(problem.hasSuffix("."), "\(what): \(problem)")
        #expect(problem.contains(". "), "\(what): \(problem)")
    }

    private func expectSound(_ home: FaultHome, _ what: Comment, knowsDamage: Bool = false) async throws {
        do {
            let faults = try await home.faults(knowsDamage: knowsDamage)
            #expect(faults == [], what)
        } catch { Issue.record("\(what): \(error)") }
    }
}
