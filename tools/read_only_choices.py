"""
What people chose for the policy of `--read-only`: services, actions, and what is said of their answers. Tables only.

From them read_only_policy.py makes the policy and the tables of docs/read-only.md; it refuses an entry without use.
"""

import re

# Names of botocore's services that share one IAM prefix -> patterns of the actions that are allowed.
COVERED = {
    "ec2": ("Describe*",),
    "s3 s3control": ("List*",),
    "iam iam-toolbox": ("List*",),
    "logs": ("Describe*",),
    "cloudwatch cloudwatchomni": ("Describe*", "List*"),
    "cloudformation": ("ListStacks", "ListStackResources"),
    "lambda lambda-core lambda-microvms lambda-web": ("ListEventSourceMappings",),
    "ecs": ("DescribeC*", "DescribeService*", "List*"),
    "ecr": ("Describe*",),
    "eks": ("List*",),
    "elbv2 elb": ("Describe*",),
    "autoscaling": ("Describe*",),
    "rds docdb neptune": ("DescribeDB*",),
    "dynamodb dynamodbstreams": ("DescribeTable", "List*"),
    "elasticache": ("Describe*",),
    "sqs": ("List*",),
    "sns": ("ListTopics",),
    "kinesis": ("List*",),
    "stepfunctions": ("List*",),
    "events eventbridgev2": ("ListRules",),
    "scheduler": ("List*",),
    "route53": ("List*",),
    "acm": ("ListCertificates",),
    "kms": ("Describe*", "List*"),
    "secretsmanager": ("ListSecrets",),
    "ssm": ("DescribeParameters",),
}
# The models' names of prefixes where IAM has another.
PREFIXES = {"monitoring": "cloudwatch"}
# Names of members whose text may be a secret or data; the models mark some more as sensitive.
TELLING = re.compile(
    r"(.*environment(variables)?|variables|.*userdata|.*passwords?|.*secrets?|.*secretvalue|.*token|.*credentials?"
    r"|(pre)?sharedkey|.*(api|auth|private)key|.*parameters?|(parameter|output|header|configuration)values?|params"
    r"|.*(input|outputs?)|.*payload|.*definition|.*templatebody|(resource|actual|expected)properties|httpheaderconfig"
    r"|.*content|command|.*arguments|logsamples|activationcode|customergatewayconfiguration)",
    re.IGNORECASE,
)
PAGING = re.compile(r"(next|continuation|client|clientrequest|creation|uploadsequence|lock)+token", re.IGNORECASE)
# Refused although a pattern above matches -> what the answers have. A pattern may match more than it is there for.
DENIED = {
    "ec2:DescribeI*Attribute": "user data of an instance, which often has passwords; UEFI data of an image",
    "ec2:*TemplateVersions": "user data in launch templates",
    "ec2:*Spot*Requests": "user data in launch specifications",
    "ec2:*VpnConnections": "preshared keys",
    "ec2:*TrustProviders": "the OIDC client's secret",
    "ec2:*Tasks": "signed addresses of uploads and imports",
    "eks:*Anywhere*": "tokens of EKS Anywhere's licences",
    "elasticloadbalancing:*Rules": "values of headers, by which a load balancer knows its CloudFront distribution",
    "autoscaling:*Configurations": "user data in launch configurations",
}
# What looks like a secret and is none: action and member -> why.
HARMLESS = {
    "ec2:DescribeInstanceSqlHa*.SqlServerCredentials": "the ARN of a secret",
    "ec2:DescribeScheduledInstanceAvailability.PurchaseToken": "names an offer",
    "s3:ListBucketInventoryConfigurations.KeyId": "the name of a KMS key",
    "iam:ListDelegationRequests.Parameters": "what a request for permissions asks for",
    "iam:ListServiceSpecificCredentials.ServiceSpecificCredentials": "names and dates, no password",
    "iam:ListVirtualMFADevices.*": "the seed and its QR code are shown once, by `iam:CreateVirtualMFADevice`",
    "logs:DescribeQueryDefinitions.parameters": "names and defaults in saved queries",
    "cloudwatch:DescribeInsightRules.Definition": "which fields of which log groups a rule counts",
    "ecs:DescribeService*.taskDefinition": "an ARN",
    "ecs:DescribeService*.includeQueryParameters": "a switch",
    "elasticloadbalancing:DescribeListeners.ClientSecret": "AWS never returns it",
    "rds:DescribeDB*.MasterUserPassword": "AWS never returns it",
    "rds:DescribeDB*.MasterUserSecret": "the ARN of a secret",
    "rds:DescribeDB*Parameters.Parameter*": "settings of a database engine",
    "rds:DescribeDBRecommendations.Parameters": "settings of a database engine",
    "rds:DescribeDBProxyTargetGroups.InitQuery": "`SET` statements of new connections",
    "elasticache:Describe*Parameters.*": "settings of a cache engine",
    "kms:DescribeCustomKeyStores.AccessKeyId": "an access key's ID, without its secret",
    "ssm:DescribeParameters.Parameters": "names and descriptions of parameters, no values",
}
