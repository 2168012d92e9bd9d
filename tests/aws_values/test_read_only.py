"""The built-in policy of `--read-only`: it fits, lets a program look around, and shows it neither data nor secrets."""

from __future__ import annotations

import pytest

from aws_mfa.aws_values.policies import check_policy
from aws_mfa.aws_values.read_only import READ_ONLY
from aws_mfa_practice.session_policies import _allows
from aws_mfa_practice.session_terms import Terms

LOOKS = [
    *("ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeImages", "ec2:DescribeLaunchTemplates"),
    *("s3:ListAllMyBuckets", "s3:ListBucket", "iam:ListRoles", "iam:ListAccessKeys", "iam:ListMFADevices"),
    *("logs:DescribeLogGroups", "cloudwatch:DescribeAlarms", "cloudwatch:ListMetrics", "cloudformation:ListStacks"),
    *("ecs:DescribeServices", "ecs:ListTasks", "ecr:DescribeImages", "eks:ListClusters", "rds:DescribeDBInstances"),
    *("elasticloadbalancing:DescribeTargetHealth", "autoscaling:DescribeScalingActivities", "dynamodb:ListTables"),
    *("sqs:ListQueues", "sns:ListTopics", "states:ListExecutions", "kms:DescribeKey", "route53:ListHostedZones"),
]
READS_DATA_OR_SECRETS = [
    *(
        "s3:GetObject",
        "s3:GetObjectVersion",
        "dynamodb:GetItem",
        "dynamodb:Query",
        "dynamodb:Scan",
        "sqs:ReceiveMessage",
    ),
    *("kinesis:GetRecords", "logs:GetLogEvents", "logs:FilterLogEvents", "logs:StartQuery", "logs:ListAnomalies"),
    *(
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "kms:Decrypt",
        "ecr:GetAuthorizationToken",
    ),
    *("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"),
    *(
        "ssm:ListCommands",
        "ssm:ListCommandInvocations",
        "ssm:DescribeMaintenanceWindowTasks",
        "rds-data:ExecuteStatement",
    ),
    *("lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListFunctions", "lambda:ListVersionsByFunction"),
    *("ec2:DescribeInstanceAttribute", "ec2:DescribeLaunchTemplateVersions", "ec2:GetLaunchTemplateData"),
    *(
        "ec2:DescribeSpotInstanceRequests",
        "ec2:DescribeSpotFleetRequests",
        "ec2:GetPasswordData",
        "ec2:GetConsoleOutput",
    ),
    *("ec2:DescribeVpnConnections", "ec2:DescribeVerifiedAccessTrustProviders", "ec2:DescribeBundleTasks"),
    *("autoscaling:DescribeLaunchConfigurations", "elasticloadbalancing:DescribeRules", "ecs:DescribeTasks"),
    *(
        "ecs:DescribeTaskDefinition",
        "ecs:DescribeExpressGatewayService",
        "batch:DescribeJobs",
        "batch:DescribeJobDefinitions",
    ),
    *("elasticbeanstalk:DescribeConfigurationSettings", "apprunner:DescribeService", "codebuild:BatchGetProjects"),
    *(
        "states:DescribeExecution",
        "states:GetExecutionHistory",
        "states:DescribeStateMachine",
        "events:ListTargetsByRule",
    ),
    *("cloudformation:DescribeStacks", "cloudformation:GetTemplate", "cloudformation:ListExports"),
    *(
        "cloudformation:DescribeStackEvents",
        "sagemaker:DescribeModel",
        "rds:DescribeOptionGroups",
        "eks:DescribeCluster",
    ),
    *("cognito-idp:ListUsers", "appsync:ListApiKeys", "wafv2:ListAPIKeys", "amplify:ListApps", "sns:ListSubscriptions"),
    *("cloudfront:ListDistributions", "directconnect:DescribeVirtualInterfaces", "dynamodb:DescribeExport"),
]
GIVES_MORE = [
    *("sts:AssumeRole", "sts:GetFederationToken", "sts:GetSessionToken", "iam:CreateAccessKey", "iam:PassRole"),
    *("iam:AttachUserPolicy", "iam:GetUser", "iam:DeactivateMFADevice", "ec2:RunInstances", "ssm:StartSession"),
]


def allows(action: str) -> bool:
    return _allows((READ_ONLY,), action)


def test_it_is_one_line_of_json_that_aws_accepts() -> None:
    assert check_policy(READ_ONLY, "the built-in policy") == READ_ONLY
    assert len(READ_ONLY) <= 1000
    assert Terms(policy=READ_ONLY).packed_size <= 100


@pytest.mark.parametrize("action", LOOKS)
def test_a_program_can_look_around(action: str) -> None:
    assert allows(action)


@pytest.mark.parametrize("action", [*READS_DATA_OR_SECRETS, *GIVES_MORE])
def test_it_reads_no_data_and_no_secret_and_gets_no_other_session(action: str) -> None:
    assert not allows(action)
    assert not allows(action.lower())
