package entitle

import (
	"slices"
	"time"
)

// Clock is the time of an installation: the latest instant that has come, as far as its
// hosts agree. A host whose clock is far ahead must not expire the licence of all others.
type Clock struct {
	Latest time.Time // zero if no clock was seen yet

	// Issued is when the newest revocation list that was verified was issued. Latest
	// is never earlier.
	Issued time.Time

	// Lead is by how much Latest was moved ahead by hosts that nobody confirmed,
	// since it last stayed without that for 24 hours. LeadAt is Latest after the
	// last of these moves.
	Lead   time.Duration
	LeadAt time.Time

	Hosts []HostClock // those of the last week, the one seen last at the end; at most 100

	// Licenses are the newest licences that were in force, one for each id.
	Licenses []LicenseSeen

	Changes []ClockChange // by Store.SetClock, the newest last; at most 100
}

// ClockChange is the record of a time that was set.
type ClockChange struct {
	At       time.Time // by the clock of whoever set it
	From, To time.Time
}

const maxChanges = 100

// Host is a machine, whose processes share one clock.
type Host struct {
	Name string
	Boot string // what the kernel got when it was started; "" if unknown
}

// HostClock is what the clock of a host showed when it was last seen.
type HostClock struct {
	Host
	Shown time.Time
	Seen  time.Time // Clock.Latest at that time

	// AheadSince is Clock.Latest when Shown began to be ahead of it by more than
	// Sighting.MaxLead; zero if it is not.
	AheadSince time.Time
}

// Sighting is what a process sees of the time.
type Sighting struct {
	Host    Host
	Shown   time.Time     // by its clock, unless that was set back
	Known   time.Time     // the latest instant that it knows from the store or its state file, and what has passed since
	MaxLead time.Duration // see [Options].MaxClockLead
	Issued  time.Time     // see [Clock]; zero if there is no list

	// Lead, LeadAt and AheadSince are what the process remembers from its last run,
	// for a store that has not seen any clock.
	Lead       time.Duration
	LeadAt     time.Time
	AheadSince time.Time

	License LicenseSeen // what is in force; zero if nothing is
}

const (
	leadWindow = 24 * time.Hour     // see Clock.Lead; and for how long an only host must be ahead to be believed
	hostLapse  = 10 * time.Minute   // after which a host confirms nothing
	hostLife   = 7 * 24 * time.Hour // after which a host is forgotten
	maxHosts   = 100                // those that were seen last
)

// See takes note of a sighting. Latest becomes what the process knows to have come; what
// another host confirms; what an only host has shown for 24 hours of running; and
// otherwise what the clock shows, if that is not more than MaxLead ahead, and as long as
// the leads of 24 hours add up to no more than MaxLead.
func (c *Clock) See(s Sighting) {
	if c.Latest.IsZero() {
		c.Lead, c.LeadAt = s.Lead, s.LeadAt
	}
	c.Issued = latest(c.Issued, s.Issued)
	c.Latest = latest(c.Latest, s.Known, c.Issued)
	if c.Latest.IsZero() {
		c.Latest = s.Shown
	}
	host := c.host(s)
	if t := latest(c.confirmed(s), c.alone(s, host)); t.After(c.Latest) {
		c.Latest, c.Lead = t, 0
	}
	c.take(s)
	host.Shown, host.Seen = s.Shown, c.Latest
	switch {
	case s.Shown.Sub(c.Latest) <= s.MaxLead:
		host.AheadSince = time.Time{}
	case host.AheadSince.IsZero():
		host.AheadSince = c.Latest
	}
	c.Hosts = slices.DeleteFunc(c.Hosts, func(h HostClock) bool { return h.Host == s.Host || c.Latest.Sub(h.Seen) > hostLife })
	c.Licenses = withNewest(c.Licenses, s.License)
	c.Hosts = append(c.Hosts[max(0, len(c.Hosts)+1-maxHosts):], host)
}

// take moves Latest ahead to what the clock shows, within the limits.
func (c *Clock) take(s Sighting) {
	lead := s.Shown.Sub(c.Latest)
	if lead <= 0 || lead > s.MaxLead {
		return
	}
	if c.Latest.Sub(c.LeadAt) >= leadWindow {
		c.Lead = 0
	}
	if lead = min(lead, s.MaxLead-c.Lead); lead > 0 {
		c.Latest = c.Latest.Add(lead)
		c.Lead += lead
		c.LeadAt = c.Latest
	}
}

// host returns what is known of the host of a sighting.
func (c *Clock) host(s Sighting) HostClock {
	for _, h := range c.Hosts {
		if isSame(h.Host, s.Host) {
			h.Host = s.Host
			return h
		}
	}
	return HostClock{Host: s.Host, AheadSince: s.AheadSince}
}

// isSame reports whether two hosts have one clock, such as two containers on a machine,
// or a machine before and after it was started again.
func isSame(a, b Host) bool { return a.Name == b.Name || a.Boot != "" && a.Boot == b.Boot }

// confirmed returns the latest instant that the host of a sighting and another one that
// was seen a short time ago have both shown.
func (c *Clock) confirmed(s Sighting) (most time.Time) {
	for _, h := range c.Hosts {
		if !isSame(h.Host, s.Host) && c.Latest.Sub(h.Seen) <= hostLapse {
			most = latest(most, earlier(h.Shown, s.Shown))
		}
	}
	return most
}

// alone returns what an only host shows, if it has been ahead for long enough.
func (c *Clock) alone(s Sighting, host HostClock) time.Time {
	if host.AheadSince.IsZero() || c.Latest.Sub(host.AheadSince) < leadWindow {
		return time.Time{}
	}
	for _, h := range c.Hosts {
		if !isSame(h.Host, s.Host) && c.Latest.Sub(h.Seen) <= leadWindow {
			return time.Time{}
		}
	}
	return s.Shown
}

// Ahead returns the hosts whose clocks are further ahead than a lead.
func (c *Clock) Ahead(lead time.Duration) (hosts []HostClock) {
	for _, h := range c.Hosts {
		if h.Shown.Sub(h.Seen) > lead {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// Set sets the time to t, or to the issue of the newest revocation list if that is later.
// It forgets what the hosts have shown, and keeps a record. now is when that happens.
func (c *Clock) Set(t, now time.Time) {
	t = latest(t, c.Issued)
	changes := append(slices.Clip(c.Changes), ClockChange{now, c.Latest, t})
	*c = Clock{Latest: t, Issued: c.Issued, Licenses: c.Licenses, Changes: changes[max(0, len(changes)-maxChanges):]}
}

func latest(times ...time.Time) time.Time {
	return slices.MaxFunc(times, time.Time.Compare)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
