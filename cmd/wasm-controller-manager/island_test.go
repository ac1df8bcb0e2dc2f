// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
)

// island is a network namespace with one way to this machine, on which what it
// sends can get lost.
type island struct {
	t            *testing.T
	name         string
	shore, beach string // addresses of this machine and of the island
	near, far    string // the two ends of the cable
}

// newIsland makes one for the time of a test. It needs root and iproute2.
func newIsland(t *testing.T) *island {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make a network namespace")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip, to make a network namespace: ", err)
	}
	id := rand.N(1 << 14) // of the 2^15 networks of four addresses in 198.18.0.0/15, for tests of networks
	network := fmt.Sprintf("198.%d.%d.", 18+id>>13&1, id>>5&255)
	base := id & 31 * 4
	i := &island{
		t: t, name: fmt.Sprint("wcm-test-", id), near: fmt.Sprint("wcm", id, "n"), far: fmt.Sprint("wcm", id, "f"),
		shore: fmt.Sprint(network, base+1), beach: fmt.Sprint(network, base+2),
	}
	if output, err := i.try("netns", "add", i.name); err != nil {
		t.Skipf("no network namespace can be made here: %v: %s", err, output)
	}
	t.Cleanup(func() { i.ip("netns", "delete", i.name) }) // and the cable with it
	i.ip("link", "add", i.near, "type", "veth", "peer", "name", i.far, "netns", i.name)
	i.ip("address", "add", i.shore+"/30", "dev", i.near)
	i.ip("-netns", i.name, "address", "add", i.beach+"/30", "dev", i.far)
	i.ip("link", "set", i.near, "up")
	i.ip("-netns", i.name, "link", "set", "lo", "up")
	i.ip("-netns", i.name, "link", "set", i.far, "up")
	return i
}

func (i *island) try(arguments ...string) (string, error) {
	output, err := exec.Command("ip", arguments...).CombinedOutput()
	return string(output), err
}

func (i *island) ip(arguments ...string) {
	i.t.Helper()
	if output, err := i.try(arguments...); err != nil {
		i.t.Fatalf("ip %v: %v: %s", arguments, err, output)
	}
}

// launcher runs a program on the island.
func (i *island) launcher() []string { return []string{"ip", "netns", "exec", i.name} }

// cut makes the island send all packets to an address that nobody has, so that
// it notices no more than that nobody acknowledges them. What comes to it does
// arrive, and every worker begins another write.
func (i *island) cut() {
	i.t.Helper()
	i.ip("-netns", i.name, "neighbour", "replace", i.shore, "lladdr", "02:00:00:00:00:01", "nud", "permanent", "dev", i.far)
}

// join lets it find this machine again.
func (i *island) join() {
	i.t.Helper()
	i.ip("-netns", i.name, "neighbour", "delete", i.shore, "dev", i.far)
}
