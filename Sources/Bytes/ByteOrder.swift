extension String {
    /// Whether its UTF-8 bytes come before the other's. Names are listed in this order, which no Unicode table changes.
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
    package func sorted(byBytesOf name: (Element) -> String) -> [Element] {
        let isSorted = zip(self, dropFirst()).allSatisfy { !name($1).precedes(name($0)) }
        return isSorted ? self : sorted { name($0).precedes(name($1)) }
    }
}
