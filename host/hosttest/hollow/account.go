// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package hollow

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/wasm-controller-manager/wcm/host/hosttest/controlplane"
)

// HostUser is whom our host is to the API server. It has the rights that the
// command rbac prints for it and no others; so have its controllers, each under
// its own name.
const HostUser = "system:serviceaccount:" + metav1.NamespaceSystem + ":" + hostAccount

const hostAccount = "wasm-controller-manager"

// hostControllers are those that our host runs.
const hostControllers = "*,scheduler,service-lb-controller"

// tokenSeconds is how long the host's token lasts: as long as a cluster that
// somebody forgot, a year.
const tokenSeconds = int64(365 * 24 * 3600)

// hostKubeconfig is the kubeconfig of our host.
func (o Options) hostKubeconfig() string { return filepath.Join(o.Dir, "host.kubeconfig") }

// admitHost gives our host and its controllers their accounts and rights.
func (o Options) admitHost(ctx context.Context, plane *controlplane.Plane) error {
	objects, err := o.hostObjects(ctx)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(plane.RESTConfig())
	if err != nil {
		return err
	}
	for document := range strings.SplitSeq(objects, "---\n") {
		if err := apply(ctx, client, document); err != nil {
			return fmt.Errorf("rights of the host: %w:\n%s", err, document)
		}
	}
	return o.writeHostKubeconfig(ctx, plane)
}

// hostObjects is what an operator applies before he starts the host.
func (o Options) hostObjects(ctx context.Context) (string, error) {
	var problem bytes.Buffer
	command := exec.CommandContext(ctx, filepath.Join(o.Bin, "wasm-controller-manager"),
		"rbac", hostControllers, "--host="+HostUser, "--cache-dir="+o.cacheDir())
	command.Stderr = &problem
	objects, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("wasm-controller-manager rbac: %w: %s", err, &problem)
	}
	account := fmt.Sprintf("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s, namespace: %s}\n---\n", hostAccount, metav1.NamespaceSystem)
	return account + string(objects), nil
}

// apply makes an object as it is in a document.
func apply(ctx context.Context, client dynamic.Interface, document string) error {
	object := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(document), &object.Object); err != nil {
		return err
	}
	kind := object.GroupVersionKind()
	resource := client.Resource(kind.GroupVersion().WithResource(strings.ToLower(kind.Kind) + "s"))
	var to dynamic.ResourceInterface = resource
	if object.GetNamespace() != "" {
		to = resource.Namespace(object.GetNamespace())
	}
	_, err := to.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: "operator", Force: true})
	return err
}

// writeHostKubeconfig writes a kubeconfig with a token of the host's account.
func (o Options) writeHostKubeconfig(ctx context.Context, plane *controlplane.Plane) error {
	client, err := kubernetes.NewForConfig(plane.RESTConfig())
	if err != nil {
		return err
	}
	seconds := tokenSeconds
	request, err := client.CoreV1().ServiceAccounts(metav1.NamespaceSystem).CreateToken(ctx, hostAccount, &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("token of the host: %w", err)
	}
	config, err := clientcmd.LoadFromFile(plane.Kubeconfig())
	if err != nil {
		return err
	}
	user := config.Contexts[config.CurrentContext].AuthInfo
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	return clientcmd.WriteToFile(*config, o.hostKubeconfig())
}

// auditPolicy records all writes, and what our host and its controllers read.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
- level: Metadata
  userGroups: ["system:serviceaccounts:kube-system"]
- level: None
`

// auditFlags are those of the API server for the audit log.
func (o Options) auditFlags() ([]string, error) {
	if o.AuditLog == "" {
		return nil, nil
	}
	file := filepath.Join(o.Dir, "audit-policy.yaml")
	return []string{"--audit-policy-file=" + file}, os.WriteFile(file, []byte(auditPolicy), 0o600)
}
