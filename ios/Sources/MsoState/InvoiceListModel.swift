// The screen that lists the institution's invoices and credit notes.
//
// Invariant: an invoice is shown as disputed because the core says so, not because the user asked.

import MsoCore
import Observation

extension InvoiceView {
  /// Whether the screen offers to dispute it.
  public var canBeDisputed: Bool { verification != .flagged }
}

/// State of the list of invoices, newest first. A screen runs ``follow()`` as long as it is shown.
@MainActor
@Observable
public final class InvoiceListModel {
  public var state: ReadState<PagedList<InvoiceView>> { list.state }
  /// The invoices that are being disputed: show it, and do not accept another reason.
  public var working: Set<InvoiceId> { list.working }
  /// Why an invoice could not be disputed.
  public var errors: [InvoiceId: Message] { list.errors }

  @ObservationIgnored private let list: Followed<PagedList<InvoiceView>, InvoiceId>

  public init(core: any WorkspaceProtocol) {
    list = Followed(
      core: core,
      read: { core, limit in
        let page = try core.billing().invoices(limit: limit)
        return PagedList(rows: page.invoices, more: page.next != nil)
      },
      concerns: { change in
        switch change {
        case .invoices, .session: true
        case .ofCase, .ofChat, .ofPatient, .ofDocument, .notices, .syncStatus: false
        case .catalogue, .serviceRecords, .notifications: false
        }
      })
  }

  /// Reads at once, and again whenever something the list shows changes, until cancelled.
  public func follow() async {
    await list.follow()
  }

  /// Reads again. Afterwards the list is at least as recent as this call.
  public func refresh() async {
    await list.refresh()
  }

  /// Shows older invoices too: the screen has been scrolled to its end.
  public func showMore() async {
    await list.showMore()
  }

  /// Disputes an invoice of the list. Does nothing if it cannot be disputed or is being disputed.
  /// Returns when the screen shows the result.
  public func dispute(_ id: InvoiceId, reason: String) async {
    guard case .ready(let shown) = state,
      shown.rows.contains(where: { $0.invoiceId == id && $0.canBeDisputed })
    else { return }
    await list.act(on: id) { try $0.billing().flagInvoice(invoiceId: id, reason: reason) }
  }
}
