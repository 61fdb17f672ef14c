// Package entitle tells a product what its licence allows now: whether the licence is
// good, whether it includes an entitlement, whether one more use is allowed, and how
// many are left.
//
//	guard, err := entitle.Open(ctx, entitle.File("licence.json"), trusted, &entitle.Options{Store: store})
//	if err != nil {
//		return err
//	}
//	defer guard.Close()
//	if err := guard.Use(ctx, "monitored_monthly_requests", 1); err != nil {
//		return err // a *InactiveError, a *NotIncludedError, a *LimitError or a *StoreError
//	}
//
// # What is judged when
//
// The licence is verified when it is read: by [Open], and again whenever its file
// changes. Package verify judges it, with the rules of the built-in schema
// "entitlement". Every call of [Guard.Allows] and [Guard.Use] then compares the clock
// with the dates, so a licence that expires while the process runs allows nothing from
// that instant on. A new file replaces the licence in use only if the new licence is
// good, or if neither is. Otherwise [Status] says what is wrong with it, and
// [Options].Notify is called.
//
// # Usage
//
// Limited entitlements are counted in a [Store], by calendar month in UTC, under the
// name of the installation. A new licence does not begin a new count. All processes
// that share a store count together.
//
// By default, each [Guard.Use] is in the store before it returns. Every use that was
// allowed is counted, and no number of processes exceeds the limit. A use that fails
// because of the store may have been counted.
//
// With [Options].Batch, uses are counted in memory and written every half second
// and by [Guard.Close]. Use is then about as fast as reading the clock. A process that
// is killed loses at most the uses of its last second, as long as the store takes a
// write in half a second, and never more than [Options].MaxUnwritten. If it does not, [Status] says so and Notify is called; unwritten
// uses are kept, and each is written once. Slow sources and state files do not delay
// the writing of usage. Several processes together may exceed the limit by what the
// others have used in their last second.
//
// # Levels
//
// Entitlements that [Options].Levels names are not so many a month, but so many at once,
// such as hosts: [Guard.Take], [Guard.Give] and [Guard.Set] change a level, and
// [Guard.Lease] takes one that lapses when its process dies.
//
// # A clock set back, or held still
//
// The time is the latest instant that this process, or another one on the same store,
// has seen, and what has passed since by the monotonic clock. An expired licence stays
// expired and a closed month stays closed, even if the clock is set back, and a licence
// expires even if the clock is held still; [Status] says how far the clock is behind. Without Batch, a use is
// never counted in a month that has ended, even if only another process has seen the
// new month so far.
//
// A clock that is ahead by more than [Options].MaxClockLead counts only in the processes
// on its host, until another host confirms it; see [Clock.See].
//
// If clocks were ahead by mistake, that instant remains the time until it is
// reached, or until [Store].SetClock is called. Close all guards of the installation
// and correct the clocks first: an open guard has seen that instant, and would write
// it again.
package entitle
