// Keeps an older read from replacing a newer one: reads run off the main actor and may overtake
// each other.

/// Numbers the reads.
struct Turns {
  private var begun = 0
  private var shown = 0

  /// Starts a read and returns its number.
  mutating func begin() -> Int {
    begun += 1
    return begun
  }

  /// Whether this read is newer than the one shown; if so, records it as shown.
  mutating func isNews(_ turn: Int) -> Bool {
    guard turn > shown else { return false }
    shown = turn
    return true
  }
}
