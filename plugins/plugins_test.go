// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plugins

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	controllers := []Controller{
		{Name: "job-controller", Alias: "job"},
		{Name: "taint-eviction-controller"},
		{Name: "token-cleaner-controller", Alias: "tokencleaner", OnRequest: true},
	}
	tests := []struct{ reason, list, want string }{
		{"nothing is chosen by nothing", "", ""},
		{"a star stands for those that need no naming", "*", "job-controller taint-eviction-controller"},
		{"one of them can be left out", "*,-job-controller", "taint-eviction-controller"},
		{"also before the star", "-job-controller,*", "taint-eviction-controller"},
		{"an alias is a name", "*,-job", "taint-eviction-controller"},
		{"one that has to be named", "*,tokencleaner", "job-controller taint-eviction-controller token-cleaner-controller"},
		{"one alone", "job", "job-controller"},
		{"the first entry counts", "job,-job,-taint-eviction-controller,taint-eviction-controller", "job-controller"},
		{"left out without a star leaves nothing", "-job", ""},
		{"each unknown name is said", "*,jobs,-cron", `error: unknown controllers: "jobs", "cron"; known are *, job-controller, taint-eviction-controller, token-cleaner-controller`},
		{"nothing is no name", "*,", `error: unknown controllers: ""; known are *, job-controller, taint-eviction-controller, token-cleaner-controller`},
		{"nor is a star to leave out", "-*", `error: unknown controllers: "*"; known are *, job-controller, taint-eviction-controller, token-cleaner-controller`},
	}
	for _, tt := range tests {
		var list []string
		if tt.list != "" {
			list = strings.Split(tt.list, ",")
		}
		chosen, err := Choose(controllers, list)
		got := strings.Join(names(chosen), " ")
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: Choose(%q) = %s, want %s", tt.reason, tt.list, got, tt.want)
		}
	}
}

// TestEveryMemberHasAFile: a member of the module without an operator's file
// could not be installed. That each file is one of a member the conformance
// test shows.
func TestEveryMemberHasAFile(t *testing.T) {
	source, err := os.ReadFile("bundle/main.go")
	if err != nil {
		t.Fatal(err)
	}
	members := strings.Count(string(source), "sdk.Member{")
	if files := names(Controllers()); len(files) != members || members == 0 {
		t.Errorf("controllers with an operator's file: got %v, want one for each of the %d members of bundle/main.go", files, members)
	}
}

// TestEveryControllerIsDescribed: what an operator looks for stands in the same
// place everywhere.
func TestEveryControllerIsDescribed(t *testing.T) {
	files, err := filepath.Glob("*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		readme, err := os.ReadFile(filepath.Join(filepath.Dir(file), "README.md"))
		if err != nil {
			t.Error(err)
			continue
		}
		wanted := []string{"# " + name + "\n", "setting", "\n| resource | reads | writes |\n", "\n## Differences from "}
		if alias := aliases[name]; alias != "" {
			wanted = append(wanted, "alias `"+alias+"`")
		}
		for _, want := range wanted {
			if !strings.Contains(string(readme), want) && !strings.Contains(strings.Join(strings.Fields(string(readme)), " "), want) {
				t.Errorf("%s/README.md lacks %q", filepath.Dir(file), want)
			}
		}
	}
}

func TestFind(t *testing.T) {
	for _, name := range []string{"replicationcontroller", "replicationcontroller-controller"} {
		if c, found := Find(name); !found || c.Name != "replicationcontroller-controller" || len(c.Manifest) == 0 {
			t.Errorf("Find(%s) = %+v, %t, want the controller with its file", name, c, found)
		}
	}
	for _, name := range []string{"", "replication"} {
		if c, found := Find(name); found {
			t.Errorf("Find(%q) = %s, want nothing", name, c.Name)
		}
	}
}
