import Bytes
import Testing

@testable import Catalog
@testable import Registry

@Suite("Rules of retention") struct RetentionRulesTests {
    private let now = Timestamp(secondsSince1970: 1_800_000_000)

    private func candidate(_ name: String, model: String?, age: Int, tagged: Bool = false) -> RetentionCandidate {
        var candidate = RetentionCandidate(
            digest: Digest(of: name), label: name, kind: name.contains(":") ? .quantized : .checkpoint,
            createdAt: now.earlier(bySeconds: age * 86_400))
        candidate.models = model.map { [$0] } ?? []
        candidate.isTagged = tagged
        return candidate
    }

    private func dropped(_ yaml: String, _ candidates: [RetentionCandidate]) throws -> [String] {
        let rules = try RetentionRules(parsing: Array(yaml.utf8), file: "keep.yaml")
        let choice = rules.choose(candidates, now: now)
        return candidates.filter { choice.dropped.contains($0.digest) }.map(\.label)
    }

    private var candidates: [RetentionCandidate] {
        [
            candidate("a1", model: "a", age: 40), candidate("a2", model: "a", age: 30, tagged: true),
            candidate("a3:q", model: "a", age: 20), candidate("a4", model: "a", age: 10),
            candidate("team/b1", model: "team/b", age: 50), candidate("none", model: nil, age: 60),
        ]
    }

    @Test("keep what they say, of each model")
    func keeping() throws {
        #expect(try dropped("keep: all", candidates) == [])
        #expect(try dropped("keep: {newest: 1}", candidates) == ["a1", "a2", "a3:q"])
        #expect(try dropped("keep: {newest: 1, tagged: true}", candidates) == ["a1", "a3:q"])
        #expect(try dropped("keep: {kinds: [quantized]}", candidates) == ["a1", "a2", "a4", "team/b1"])
        #expect(try dropped("keep: {younger_than: 25d}", candidates) == ["a1", "a2", "team/b1"])
        #expect(try dropped("{\"keep\": {\"newest\": 9}, \"unnamed\": \"drop\"}", candidates) == ["none"])
        #expect(
            try dropped("keep: {newest: 9}\nmodels:\n  - match: TEAM/*\n    keep: {newest: 0}\n", candidates)
                == ["team/b1"])
    }

    @Test("keep parents unless told otherwise, and those of evicted variants always") func parents() throws {
        var all = candidates
        all[3].parents = [all[0].digest]
        all[0].parents = [all[5].digest]
        #expect(try dropped("keep: {newest: 1}\nunnamed: drop", all) == ["a2", "a3:q"])
        #expect(
            try dropped("keep: {newest: 1}\nunnamed: drop\nparents_of_kept: false", all) == [
                "a1", "a2", "a3:q", "none",
            ])
        all[3].isEvicted = true
        #expect(try dropped("keep: {newest: 1}\nunnamed: drop\nparents_of_kept: false", all) == ["a2", "a3:q", "none"])
    }

    @Test(
        "are refused where they say nothing that is known",
        arguments: [
            ("", "empty"), ("models: []", "no 'keep'"), ("keep: some", "neither 'all'"),
            ("keep: {oldest: 1}", "no such key"),
            ("keep: {newest: -1}", "below 0"), ("keep: {newest: few}", "no whole number"),
            ("keep: {younger_than: long}", "no span of time"), ("keep: all\nunnamed: maybe", "not known here"),
            ("keep: all\nmodels: [{match: a}]", "needs 'match' and 'keep'"), ("keep: {kinds: [big]}", "not known here"),
        ])
    func refusals(yaml: String, problem: String) {
        #expect { try RetentionRules(parsing: Array(yaml.utf8), file: "keep.yaml") } throws: {
            "\($0)".contains(problem)
        }
    }

    @Test(
        "match names by globs",
        arguments: [
            ("*", "a", true), ("a*c", "abbc", true), ("a*c", "abb", false), ("?", "", false), ("a?", "AB", true),
            ("team/*", "team/b", true), ("team/*", "b", false), ("", "", true), ("**b", "b", true),
            ("a*b*", "xab", false),
        ])
    func globs(pattern: String, text: String, isMatch: Bool) {
        #expect(Glob(pattern).matches(text) == isMatch)
    }

    @Test(
        "spell spans of time",
        arguments: [
            ("7d", 604_800), ("12h", 43_200), ("90s", 90), ("4w", 2_419_200), ("d", nil), ("-1d", nil), ("7", nil),
            ("1.5d", nil), ("99999999999999999d", nil), ("+1d", nil),
        ])
    func spans(text: String, seconds: Int?) {
        #expect(TimeSpan(text)?.seconds == seconds)
    }
}
