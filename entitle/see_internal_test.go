package entitle

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen is a host that was seen so long before 10 January, and showed so much more or less
// than that.
func seen(name string, ago, shown time.Duration) HostClock {
	return HostClock{Host: Host{Name: name}, Shown: january(10).Add(shown), Seen: january(10).Add(-ago)}
}

// What a sighting makes of the time, at the limits of each rule. The time of the
// installation is 10 January, and a host may be ahead by an hour.
func TestSee(t *testing.T) {
	const hour, day = time.Hour, 24 * time.Hour
	for _, test := range []struct {
		name  string
		clock Clock // Latest is 10 January
		hosts []HostClock
		shown time.Duration // by host "a", after 10 January
		known time.Duration // the same, of what it knows
		want  time.Duration // Latest after 10 January
		lead  time.Duration // Lead, then
	}{
		{name: "a clock that is right"},
		{name: "a clock that is behind", shown: -day, known: -day},
		{name: "more is known", known: 3 * day, shown: 3 * day, want: 3 * day},
		{name: "ahead as far as allowed", shown: hour, want: hour, lead: hour},
		{name: "further ahead", shown: hour + 1},
		// another host confirms what it has shown within ten minutes, as far as both agree
		{name: "confirmed", hosts: []HostClock{seen("b", 0, 3*day)}, shown: 2 * day, want: 2 * day},
		{name: "confirmed in part", hosts: []HostClock{seen("b", 0, 2*day)}, shown: 3 * day, want: 2 * day},
		{name: "confirmed by the one that is further ahead", hosts: []HostClock{seen("b", 0, 2*day), seen("c", 0, 4*day)}, shown: 3 * day, want: 3 * day},
		{name: "confirmed ten minutes ago", hosts: []HostClock{seen("b", 10*time.Minute, 2*day)}, shown: 2 * day, want: 2 * day},
		{name: "confirmed longer ago", hosts: []HostClock{seen("b", 10*time.Minute+1, 2*day)}, shown: 2 * day},
		{name: "confirmed by itself", hosts: []HostClock{seen("a", 0, 2*day)}, shown: 2 * day},
		{name: "confirmed, after leads", clock: Clock{Lead: hour, LeadAt: january(10)}, hosts: []HostClock{seen("b", 0, 2*day)}, shown: 2 * day, want: 2 * day},
		{name: "as before, after leads", clock: Clock{Lead: hour, LeadAt: january(10)}, hosts: []HostClock{seen("b", 0, 0)}, lead: hour},
	} {
		c := test.clock
		c.Latest, c.Hosts = january(10), test.hosts
		c.See(Sighting{Host: Host{Name: "a"}, Shown: january(10).Add(test.shown), Known: january(10).Add(test.known), MaxLead: hour})
		if got := c.Latest.Sub(january(10)); got != test.want || c.Lead != test.lead {
			t.Errorf("%s: it is %v later, with a lead of %v", test.name, got, c.Lead)
		}
	}
}

// An only host is believed when it has been ahead for 24 hours, unless another one was
// seen in these.
func TestSeeAlone(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		name  string
		ahead time.Duration // since when, before 10 January; 0 if it was not
		other time.Duration // when another host was seen, before 10 January; 0 if there is none
		want  bool
	}{
		{"not ahead before", 0, 0, false}, {"for a day", day, 0, true}, {"not yet for a day", day - 1, 0, false},
		{"another a day ago", day, day, false}, {"another before that", day, day + 1, true},
	} {
		a := seen("a", 0, 300*day)
		if test.ahead != 0 {
			a.AheadSince = january(10).Add(-test.ahead)
		}
		c := Clock{Latest: january(10), Hosts: []HostClock{a}}
		if test.other != 0 {
			c.Hosts = append(c.Hosts, seen("b", test.other, -test.other))
		}
		c.See(Sighting{Host: a.Host, Shown: a.Shown, Known: january(10), MaxLead: time.Hour})
		if got := !c.Latest.Equal(january(10)); got != test.want {
			t.Errorf("%s: it is %v", test.name, c.Latest)
		}
		if last := c.Hosts[len(c.Hosts)-1]; last.AheadSince.IsZero() != test.want {
			t.Errorf("%s: it is ahead since %v", test.name, last.AheadSince)
		}
	}
}

// Since when a host is ahead: by more than it may be, and from the first time on.
func TestSeeAheadSince(t *testing.T) {
	for _, test := range []struct {
		name   string
		before time.Time
		shown  time.Duration
		want   time.Time
	}{
		{"as far as allowed", time.Time{}, 2 * time.Hour, time.Time{}}, // an hour is taken, an hour is left
		{"further", time.Time{}, 2*time.Hour + 1, january(10)},
		{"still further", january(9).Add(time.Hour), 2*time.Hour + 1, january(9).Add(time.Hour)},
		{"not any longer", january(9).Add(time.Hour), time.Hour, time.Time{}},
	} {
		a := seen("a", time.Minute, 0)
		a.AheadSince = test.before
		c := Clock{Latest: january(10), Hosts: []HostClock{a}}
		if test.shown <= 2*time.Hour && test.before.IsZero() {
			c.Latest = january(10).Add(time.Hour) // of which no lead is left
			c.Lead, c.LeadAt = time.Hour, c.Latest
		}
		c.See(Sighting{Host: a.Host, Shown: january(10).Add(test.shown), MaxLead: time.Hour})
		if got := c.Hosts[0].AheadSince; !got.Equal(test.want) {
			t.Errorf("%s: ahead since %v, not %v", test.name, got, test.want)
		}
	}
}

// What the first sighting of a store sets, and what the list sets at any time.
func TestSeeFirst(t *testing.T) {
	first := Sighting{Host: Host{"a", "boot"}, Shown: january(10), MaxLead: time.Hour, Lead: time.Minute, LeadAt: january(9), AheadSince: january(8)}
	var c Clock
	c.See(first)
	want := Clock{Latest: january(10), Lead: time.Minute, LeadAt: january(9), Hosts: []HostClock{{Host: first.Host, Shown: january(10), Seen: january(10)}}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	first.Known, first.Issued, first.Shown = january(4), january(5), january(20)
	c = Clock{}
	c.See(first)
	want = Clock{Latest: january(5), Issued: january(5), Lead: time.Minute, LeadAt: january(9), Hosts: []HostClock{{Host: first.Host, Shown: january(20), Seen: january(5), AheadSince: january(8)}}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	c.See(Sighting{Host: Host{"b", ""}, Shown: january(5), MaxLead: time.Hour, Lead: time.Hour, LeadAt: january(1), Issued: january(4)})
	want.Hosts = append(want.Hosts, HostClock{Host: Host{"b", ""}, Shown: january(5), Seen: january(5)})
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("another: %s", diff)
	}
	c.See(Sighting{Host: Host{"b", ""}, Shown: january(6), MaxLead: time.Hour, Issued: january(7)})
	if !c.Latest.Equal(january(7)) || !c.Issued.Equal(january(7)) {
		t.Errorf("with a newer list, it is %v", c.Latest)
	}
}

// Hosts are forgotten after a week, and when there are too many; a host that was started
// again is the same.
func TestSeeHosts(t *testing.T) {
	const week = 7 * 24 * time.Hour
	names := func(hosts []HostClock) (all []string) {
		for _, h := range hosts {
			all = append(all, h.Name+h.Boot)
		}
		return all
	}
	c := Clock{Latest: january(10), Hosts: []HostClock{seen("old", week+1, -week), seen("a", 0, 0), seen("last", week, -week)}}
	c.See(Sighting{Host: Host{Name: "a"}, Shown: january(10), MaxLead: time.Hour})
	if diff := cmp.Diff([]string{"last", "a"}, names(c.Hosts)); diff != "" {
		t.Error(diff)
	}
	for _, n := range []int{maxHosts - 1, maxHosts, maxHosts + 1} {
		c := Clock{Latest: january(10)}
		for i := range n {
			c.Hosts = append(c.Hosts, seen(fmt.Sprint(i), 0, 0))
		}
		c.See(Sighting{Host: Host{Name: "new"}, Shown: january(10), MaxLead: time.Hour})
		want := fmt.Sprint(n + 1 - maxHosts)
		if len(c.Hosts) != maxHosts || c.Hosts[0].Name != want || c.Hosts[maxHosts-1].Name != "new" {
			t.Errorf("after %d: %d, from %s", n, len(c.Hosts), c.Hosts[0].Name)
		}
	}
	for _, test := range []struct {
		a, b Host
		want bool
	}{
		{Host{"a", ""}, Host{"a", ""}, true}, {Host{"a", "1"}, Host{"a", "2"}, true}, {Host{"a", "1"}, Host{"b", "1"}, true},
		{Host{"a", ""}, Host{"b", ""}, false}, {Host{"a", "1"}, Host{"b", "2"}, false}, {Host{"a", "1"}, Host{"b", ""}, false},
	} {
		if got := isSame(test.a, test.b); got != test.want {
			t.Errorf("%v and %v: %v", test.a, test.b, got)
		}
	}
	c = Clock{Latest: january(10), Hosts: []HostClock{{Host: Host{"a", "1"}, AheadSince: january(9).Add(1)}}}
	c.See(Sighting{Host: Host{"b", "1"}, Shown: january(30), AheadSince: january(8), MaxLead: time.Hour})
	last := c.Hosts[len(c.Hosts)-1]
	if last.Host != (Host{"b", "1"}) || !last.AheadSince.Equal(january(9).Add(1)) {
		t.Errorf("a container on it: %+v", last)
	}
}

// Which hosts are ahead: by more than a lead, when they were seen.
func TestAhead(t *testing.T) {
	c := Clock{Latest: january(10), Hosts: []HostClock{seen("a", 0, time.Hour), seen("b", 0, time.Hour+1), seen("c", time.Hour, 1), seen("d", 0, -time.Hour)}}
	if diff := cmp.Diff([]HostClock{c.Hosts[1], c.Hosts[2]}, c.Ahead(time.Hour)); diff != "" {
		t.Error(diff)
	}
}

// A time that is set leaves a record: the newest hundred are kept.
func TestSetKeepsRecords(t *testing.T) {
	c := Clock{Latest: january(20), Lead: time.Hour, LeadAt: january(20), Hosts: []HostClock{seen("a", 0, 0)}, Issued: january(2), Licenses: []LicenseSeen{{ID: "A-1"}}}
	c.Set(january(10), january(11))
	want := Clock{Latest: january(10), Issued: january(2), Licenses: []LicenseSeen{{ID: "A-1"}}, Changes: []ClockChange{{january(11), january(20), january(10)}}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
	c.Set(january(1), january(11))
	if !c.Latest.Equal(january(2)) || !c.Changes[1].To.Equal(january(2)) || !c.Changes[1].From.Equal(january(10)) {
		t.Errorf("before the list: %+v", c)
	}
	for i := range maxChanges + 5 {
		c.Set(january(10), january(11).Add(time.Duration(i)))
		if want := min(i+3, maxChanges); len(c.Changes) != want || !c.Changes[want-1].At.Equal(january(11).Add(time.Duration(i))) {
			t.Fatalf("%d changes, the last one at %v", len(c.Changes), c.Changes[len(c.Changes)-1].At)
		}
	}
}

// What is known of licences: the newest of each id, and no more than a hundred.
func TestWithNewest(t *testing.T) {
	licence := func(id string, day int) LicenseSeen { return LicenseSeen{ID: id, Created: january(day)} }
	all := []LicenseSeen{licence("a", 5), licence("b", 5)}
	for _, test := range []struct {
		name string
		next LicenseSeen
		want []LicenseSeen
	}{
		{"none", LicenseSeen{}, all}, {"older", licence("a", 4), all}, {"the same", licence("a", 5), all},
		{"newer", licence("a", 6), []LicenseSeen{licence("b", 5), licence("a", 6)}},
		{"another", licence("c", 1), append(all[:2:2], licence("c", 1))},
	} {
		if diff := cmp.Diff(test.want, withNewest(all, test.next)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
	var many []LicenseSeen
	for i := range maxLicensesSeen + 2 {
		many = withNewest(many, licence(fmt.Sprint(i), 1))
		if want := min(i+1, maxLicensesSeen); len(many) != want || many[want-1].ID != fmt.Sprint(i) {
			t.Fatalf("after %d: %d", i+1, len(many))
		}
	}
	if many[0].ID != "2" {
		t.Errorf("the oldest is %s", many[0].ID)
	}
}
