// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wasm-controller-manager/wcm/sdk"
)

// findings is what one look at a namespace has found.
type findings struct {
	unknown      string         // why it is not known at all what is served
	undiscovered []string       // group versions whose resources are not known
	failures     []string       // what could not be deleted, and why
	remaining    map[string]int // objects by title of their resource
	finalizers   map[string]int // objects that have each
	wait         time.Duration  // until the last of them should be gone
}

// add takes in what is left of a resource.
func (f *findings) add(title string, t tally) {
	if t.count == 0 {
		return
	}
	f.remaining[title] += t.count
	for finalizer, count := range t.finalizers {
		f.finalizers[finalizer] += count
	}
	f.wait = max(f.wait, t.wait)
}

// empty reports whether nothing is left, as far as can be known.
func (f *findings) empty() bool {
	return !f.failed() && len(f.remaining) == 0
}

// failed reports whether something went wrong.
func (f *findings) failed() bool { return f.unknown != "" || len(f.undiscovered)+len(f.failures) > 0 }

// undiscoveredMessage says of what it is not known what is served.
func (f *findings) undiscoveredMessage() string {
	if f.unknown != "" || len(f.undiscovered) == 0 {
		return f.unknown
	}
	stale := make([]string, len(f.undiscovered))
	for i, version := range f.undiscovered {
		stale[i] = version + ": stale GroupVersion discovery: " + version
	}
	return "Discovery failed for some groups, " + strconv.Itoa(len(stale)) + " failing: unable to retrieve the complete list of server APIs: " + sorted(stale)
}

// conditions returns the five conditions of a namespace that is being deleted.
// Reasons and messages are an interface: people and scripts look for them.
func (f *findings) conditions() []Condition {
	return []Condition{
		judge("NamespaceDeletionDiscoveryFailure", f.undiscoveredMessage() == "",
			"ResourcesDiscovered", "All resources successfully discovered",
			"DiscoveryFailed", f.undiscoveredMessage()),
		judge("NamespaceDeletionGroupVersionParsingFailure", true,
			"ParsedGroupVersions", "All legacy kube types successfully parsed", "", ""),
		judge("NamespaceDeletionContentFailure", len(f.failures) == 0,
			"ContentDeleted", "All content successfully deleted, may be waiting on finalization",
			"ContentDeletionFailed", "Failed to delete all resource types, "+strconv.Itoa(len(f.failures))+" remaining: "+sorted(f.failures)),
		judge("NamespaceContentRemaining", len(f.remaining) == 0,
			"ContentRemoved", "All content successfully removed",
			"SomeResourcesRemain", "Some resources are remaining: "+counted(f.remaining, " has ")),
		judge("NamespaceFinalizersRemaining", len(f.finalizers) == 0,
			"ContentHasNoFinalizers", "All content-preserving finalizers finished",
			"SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: "+counted(f.finalizers, " in ")),
	}
}

func judge(condition string, good bool, goodReason, goodMessage, badReason, badMessage string) Condition {
	if good {
		return Condition{Type: condition, Status: "False", Reason: goodReason, Message: goodMessage}
	}
	return Condition{Type: condition, Status: "True", Reason: badReason, Message: badMessage}
}

func sorted(list []string) string { return strings.Join(slices.Sorted(slices.Values(list)), ", ") }

// counted lists counts of objects, ascending by what is counted.
func counted(counts map[string]int, between string) string {
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, what+between+strconv.Itoa(counts[what])+" resource instances")
	}
	return strings.Join(parts, ", ")
}

// merge returns the conditions with the new ones, and whether that changes
// anything. The time of a condition is that of its last change of status.
func merge(old, now []Condition, at time.Time) (merged []Condition, changed bool) {
	merged = slices.Clone(old)
	for _, c := range now {
		i := slices.IndexFunc(merged, func(o Condition) bool { return o.Type == c.Type })
		if i < 0 {
			c.LastTransitionTime = sdk.NewTime(at)
			merged, changed = append(merged, c), true
			continue
		}
		if c.LastTransitionTime = merged[i].LastTransitionTime; c.Status != merged[i].Status {
			c.LastTransitionTime = sdk.NewTime(at)
		}
		changed = changed || c.Status != merged[i].Status || c.Reason != merged[i].Reason || c.Message != merged[i].Message
		merged[i] = c
	}
	return merged, changed
}
