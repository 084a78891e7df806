extension String {
    /// Whether its UTF-8 bytes come before the other's. Names are listed in this order, which no Unicode table changes.
    @usableFromInline
    package func precedes(_ other: String) -> Bool {
        unsafe withBytes(and: other) { own, others in unsafe own.lexicographicallyPrecedes(others) }
    }

    /// Whether the UTF-8 bytes are the same; `==` also takes two spellings of one letter for equal.
    package func hasSameBytes(as other: String) -> Bool {
        unsafe withBytes(and: other) { own, others in unsafe own.elementsEqual(others) }
    }

    /// The closure reads only inside the spans it was given.
    private func withBytes(
        and other: String, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        unsafe utf8Span.span.withUnsafeBytes { own in
            unsafe other.utf8Span.span.withUnsafeBytes { others in unsafe body(own, others) }
        }
    }
}

extension Array {
    /// The elements by their names' bytes; equal names stay in order. Nearly nothing to do when they are sorted
    /// already.
    @inlinable
    package func sorted(byBytesOf name: (Element) -> String) -> [Element] {
        let isSorted = indices.dropFirst().allSatisfy { !name(self[$0]).precedes(name(self[$0 - 1])) }
        guard !isSorted else { return self }
        // Places are cheaper to move about than elements.
        let names = map(name)
        return indices.sorted { names[$0].precedes(names[$1]) }.map { self[$0] }
    }
}
