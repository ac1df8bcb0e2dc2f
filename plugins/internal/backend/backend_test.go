// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package backend

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wasm-controller-manager/wcm/sdk"
)

func TestParseIP(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.1":          "10.0.0.1 IPv4",
		"010.000.0.001":     "10.0.0.1 IPv4",
		"::ffff:10.0.0.1":   "10.0.0.1 IPv4",
		"2001:DB8:0:0:0::1": "2001:db8::1 IPv6",
		"fe80::1%eth0":      " ",
		"10.0.0":            " ",
		"10..0.1":           " ",
		"256.0.0.1":         " ",
		"":                  " ",
		"None":              " ",
	} {
		ip, family := ParseIP(text)
		if got := ip + " " + family; got != want {
			t.Errorf("ParseIP(%q): got %q, want %q", text, got, want)
		}
	}
}

func TestPortsKey(t *testing.T) {
	http, dns := Port{Name: "http", Port: 80, Protocol: "TCP"}, Port{Name: "dns", Port: 53, Protocol: "UDP"}
	if a, b := PortsKey([]Port{http, dns}), PortsKey([]Port{dns, http}); a != b {
		t.Errorf("keys of the same ports in another order: %q and %q", a, b)
	}
	seen := map[string][]Port{}
	for _, ports := range [][]Port{
		nil,
		{http},
		{http, dns},
		{{Name: "http", Port: 8, Protocol: "0TCP"}},
		{{Name: "http", Port: 80, Protocol: "TCP", AppProtocol: "h2c"}},
		{{Name: "h", Port: 80, Protocol: "TCP"}},
	} {
		key := PortsKey(ports)
		if other, known := seen[key]; known {
			t.Errorf("key %q is that of %v and of %v", key, ports, other)
		}
		seen[key] = ports
	}
}

// subset is one subset from text: "a !b at x y", where addresses are an IP or
// "ip/uid" and ports have a name only.
func subset(text string) Subset {
	var s Subset
	addresses, ports, _ := strings.Cut(text, "at")
	for word := range strings.FieldsSeq(addresses) {
		ip, uid, pod := strings.Cut(strings.TrimPrefix(word, "!"), "/")
		address := Address{IP: ip}
		if pod {
			address.TargetRef = &ObjectReference{UID: uid}
		}
		if strings.HasPrefix(word, "!") {
			s.NotReadyAddresses = append(s.NotReadyAddresses, address)
		} else {
			s.Addresses = append(s.Addresses, address)
		}
	}
	for word := range strings.FieldsSeq(ports) {
		s.Ports = append(s.Ports, Port{Name: word, Port: 1, Protocol: "TCP"})
	}
	return s
}

func TestRepack(t *testing.T) {
	for _, c := range []struct {
		reason   string
		in, want []string
	}{
		{"nothing", nil, nil},
		{"sorted", []string{"2 1 !4 !3 at y x"}, []string{"1 2 !3 !4 at x y"}},
		{"the same addresses: one subset", []string{"1 2 at x", "2 1 at y"}, []string{"1 2 at x y"}},
		{"the same ports: one subset", []string{"1 at x", "!2 at x"}, []string{"1 !2 at x"}},
		{"an address twice", []string{"1 1 at x", "1 at x"}, []string{"1 at x"}},
		{"ready and not: not", []string{"1 !1 at x"}, []string{"!1 at x"}},
		{"not, and ready later: not", []string{"!1 at x", "1 at x"}, []string{"!1 at x"}},
		{"ready at one port only: two subsets", []string{"1 at x", "!1 at y"}, []string{"1 at x", "!1 at y"}},
		{"other addresses: two subsets, by port", []string{"2 at y", "1 at x"}, []string{"1 at x", "2 at y"}},
		{"one IP of two pods", []string{"1/b at x", "1/a at x"}, []string{"1/a 1/b at x"}},
		{"without ports, beside some with", []string{"1 at x", "1 at", "2 at"}, []string{"1 2 at", "1 at x"}},
	} {
		var in []Subset
		want := []Subset{}
		for _, text := range c.in {
			in = append(in, subset(text))
		}
		for _, text := range c.want {
			want = append(want, subset(text))
		}
		got := Repack(in)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, diff)
		}
		if !SameSubsets(Repack(got), got) {
			t.Errorf("%s: repacking once more changes it", c.reason)
		}
	}
}

func TestRecycle(t *testing.T) {
	owned := func(name, addressType, uid string) *Slice {
		s := &Slice{AddressType: addressType}
		s.Name, s.OwnerReferences = name, []sdk.OwnerReference{{APIVersion: "v1", Kind: "Service", UID: uid}}
		return s
	}
	c := Changes{
		Create: []Draft{{AddressType: IPv4}, {AddressType: IPv6}, {AddressType: IPv4}},
		Delete: []*Slice{owned("other", IPv4, "0"), owned("a", IPv6, "1"), owned("b", IPv4, "1"), owned("c", IPv6, "1")},
	}
	c.Recycle("Service", "1")
	var got []string
	for _, d := range c.Create {
		got = append(got, "create "+d.AddressType)
	}
	for _, d := range c.Update {
		got = append(got, "update "+d.Old.Name+" "+d.AddressType)
	}
	for _, s := range c.Delete {
		got = append(got, "delete "+s.Name)
	}
	want := []string{"create IPv4", "update a IPv6", "update b IPv4", "delete other", "delete c"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDifference(t *testing.T) {
	got := Difference(sdk.Labels{{Key: "same", Value: "1"}, {Key: "gone", Value: "1"}, {Key: "changed", Value: "1"}},
		sdk.Labels{{Key: "changed", Value: "2"}, {Key: "new", Value: ""}, {Key: "same", Value: "1"}})
	want := map[string]*string{"gone": nil, "changed": sdk.Ptr("2"), "new": sdk.Ptr("")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPrefix(t *testing.T) {
	for owner, want := range map[string]string{
		"web":                    "web-",
		strings.Repeat("a", 252): strings.Repeat("a", 252) + "-",
		strings.Repeat("a", 253): strings.Repeat("a", 253),
	} {
		if got := prefix(owner); got != want {
			t.Errorf("prefix(%q): got %q, want %q", owner, got, want)
		}
	}
}
