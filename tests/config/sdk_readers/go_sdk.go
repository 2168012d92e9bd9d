// Prints what the Go SDK reads in the files of each folder in the first argument.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/config"
)

func main() {
	folders, _ := os.ReadDir(os.Args[1])
	for _, folder := range folders {
		found, err := config.LoadSharedConfigProfile(context.TODO(), "ann", func(o *config.LoadSharedConfigOptions) {
			o.CredentialsFiles = []string{filepath.Join(os.Args[1], folder.Name(), "credentials")}
			o.ConfigFiles = []string{filepath.Join(os.Args[1], folder.Name(), "config")}
		})
		id, region := found.Credentials.AccessKeyID, found.Region
		if _, missing := err.(config.SharedConfigProfileNotExistError); err != nil && !missing {
			id, region = "refused", "refused"
		}
		fmt.Println(folder.Name(), or(id), or(region))
	}
}

func or(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
