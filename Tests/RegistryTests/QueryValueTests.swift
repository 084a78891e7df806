import Registry
import Testing

@Suite("Typed values of queries") struct QueryValueTests {
    @Test(
        "are numbers when they are written as JSON writes them, else text",
        arguments: [
            ("3", QueryValue.integer(3)), ("-12", .integer(-12)), ("0", .integer(0)), ("0.50", .real(0.5)),
            ("1e-3", .real(0.001)), ("9223372036854775808", .real(9_223_372_036_854_775_808)), ("007", .text("007")),
            ("0x10", .text("0x10")), ("+1", .text("+1")), (".5", .text(".5")), ("nan", .text("nan")),
            ("inf", .text("inf")), ("1e999", .text("1e999")), ("", .text("")),
            ("tiny-llama:nf4", .text("tiny-llama:nf4")),
        ])
    func typed(text: String, value: QueryValue) { #expect(QueryValue(typed: text) == value) }
}
